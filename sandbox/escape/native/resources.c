/* Ways to take more than is due: processes, threads, memory, descriptors, disk, output. The parent measures what they got. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "probe.h"

enum { MiB = 1 << 20 };

static int bomb_forks(char **words) {
  (void)words;
  for (;;) {
    if (fork() < 0) usleep(1000);
  }
  return THROUGH;
}

static void *wait_forever(void *nothing) {
  for (;;) pause();
  return nothing;
}

/* Prints how many threads there came to be. */
static int bomb_threads(char **words) {
  const long goal = number(words, 0);
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  long started = 0;
  pthread_t thread;
  while (started < goal && pthread_create(&thread, &small, wait_forever, NULL) == 0) started += 1;
  printf("%ld\n", started);
  return started == goal ? THROUGH : REFUSED;
}

_Noreturn static void grow(int kind) {
  for (;;) {
    char *more = mmap(NULL, 4 * MiB, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0);
    if (more == MAP_FAILED) pause();
    memset(more, 1, 4 * MiB);
    usleep(2000);
  }
}

static int fill_memory(char **words) {
  (void)words;
  grow(MAP_PRIVATE);
}

static int fill_shared_memory(char **words) {
  (void)words;
  grow(MAP_SHARED);
}

static int fill_memory_of_many(char **words) {
  (void)words;
  for (int at = 0; at < 8; at++) {
    if (fork() == 0) grow(MAP_PRIVATE);
  }
  for (;;) pause();
}

/* Files of memory count as nobody's; 64 MiB of them. */
static int fill_memory_files(char **words) {
  (void)words;
  char *bytes = calloc(1, MiB);
  for (int at = 0; at < 4; at++) {
    const int file = memfd_create("fill", 0);
    if (file < 0) return verdict(file);
    for (int size = 0; size < 16; size++) {
      if (write(file, bytes, MiB) < 0) return verdict(-1);
    }
  }
  return THROUGH;
}

/* Prints how many descriptors there came to be. */
static int take_descriptors(char **words) {
  (void)words;
  long taken = 0;
  while (dup(STDOUT_FILENO) >= 0) taken += 1;
  printf("%ld\n", taken);
  return REFUSED;
}

/* A byte at the far end is as large as all bytes before it, and costs nothing. */
static int fill_file(char **words) {
  signal(SIGXFSZ, SIG_IGN);
  const long size = number(words, 0) * MiB;
  const int file = open("large", O_WRONLY | O_CREAT, 0600);
  if (ftruncate(file, size) == 0) return THROUGH;
  return verdict(pwrite(file, "x", 1, size - 1));
}

static int dump_core(char **words) {
  (void)words;
  const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_CORE, &all);
  abort();
}

static int flood(char **words) {
  const int stream = number(words, 0) == 2 ? STDERR_FILENO : STDOUT_FILENO;
  char bytes[65536];
  memset(bytes, 'A', sizeof bytes);
  for (;;) {
    if (write(stream, bytes, sizeof bytes) < 0) return REFUSED;
  }
}

static int burn(char **words) {
  (void)words;
  signal(SIGXCPU, SIG_IGN);
  for (volatile long turn = 0;; turn++) {
  }
  return THROUGH;
}

/* Says on every descriptor that there may be that all went well. */
static int forge_report(char **words) {
  (void)words;
  for (int file = 1; file < 64; file++) dprintf(file, "\n{\"why\":\"exit\",\"exitCode\":0,\"cpuMs\":0,\"peakMemoryBytes\":1,\"peakProcesses\":1,\"reaped\":0}\n");
  return 7;
}

const struct probe resource_probes[] = {
    {"bomb-forks", bomb_forks},
    {"bomb-threads", bomb_threads},
    {"fill-memory", fill_memory},
    {"fill-shared-memory", fill_shared_memory},
    {"fill-memory-of-many", fill_memory_of_many},
    {"fill-memory-files", fill_memory_files},
    {"take-descriptors", take_descriptors},
    {"fill-file", fill_file},
    {"dump-core", dump_core},
    {"flood", flood},
    {"burn", burn},
    {"forge-report", forge_report},
    {NULL, NULL},
};
