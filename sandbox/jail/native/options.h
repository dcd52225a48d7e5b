#pragma once

#include <stdbool.h>

enum { MAX_TREES = 128 };

struct trees {
  const char *path[MAX_TREES];
  int count;
};

/* What the command line asks for. A limit of 0 is none. */
struct options {
  struct trees writable;
  struct trees readable;
  long long wall_ms;
  long long cpu_ms;
  long long memory_bytes;
  long long tasks;
  long long file_bytes;
  int landlock_at_most;
  bool network_open;
  bool pass_stdin;
  bool allow_partial;
  bool probe;
  /* argv of the guest, ended by NULL; empty for --probe. */
  char **command;
};

/* Parses strictly: what is not understood is never ignored. */
struct options parse_options(int count, char **words);
