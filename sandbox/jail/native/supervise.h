#pragma once

#include "guest.h"
#include "options.h"

/* How a run ended, with what its processes used. */
struct outcome {
  const char *why;
  /* As waitpid tells it. */
  int status;
  long long cpu_ms;
  long long peak_memory_bytes;
  int peak_processes;
  /* Processes that were left when the guest itself had ended. */
  int reaped;
};

/* Watches over the guest until no process of its tree is left. `own_domain`: kill(-1) reaches only that tree. */
struct outcome supervise(const struct guest *guest, const struct options *options, int signals, bool own_domain);
