#pragma once

#include <signal.h>

#include "options.h"

/* What the parent of a guest needs to know of it. */
struct guest {
  pid_t pid;
  /* Receives the guest's calls that need a judge; -1 for none. */
  int listener;
};

/* Starts the guest under all its rules; `inherited` is the signal mask it gets. Does not return in the child. */
struct guest start_guest(const struct options *options, int landlock_version, const sigset_t *inherited);
