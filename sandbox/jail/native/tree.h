#pragma once

/* What the processes below the caller use at one moment. */
struct usage {
  long long memory_bytes;
  /* CPU time of what still runs, with what it has waited for itself. */
  long long cpu_ms;
  int processes;
  /* Threads of all processes. */
  long long tasks;
};

struct usage measure_tree(void);

/* Kills every process below the caller, one by one: for kernels where kill(-1) would reach further. */
void kill_tree(void);
