/* Ways to other processes: their memory, descriptors, limits and priorities. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe.h"

static int attach(char **words) {
  return verdict(ptrace(PTRACE_ATTACH, (pid_t)number(words, 0), NULL, NULL));
}

static int seize(char **words) {
  return verdict(ptrace(PTRACE_SEIZE, (pid_t)number(words, 0), NULL, NULL));
}

/* An address that is there in every process: a page of this program, linked to a fixed place. The error tells whether it was looked for. */
static int read_memory(char **words) {
  char bytes[8];
  struct iovec local = {.iov_base = bytes, .iov_len = sizeof bytes};
  struct iovec remote = {.iov_base = (void *)(uintptr_t)strtoull(text(words, 1), NULL, 16), .iov_len = sizeof bytes};
  return verdict(process_vm_readv((pid_t)number(words, 0), &local, 1, &remote, 1, 0));
}

static int write_memory(char **words) {
  char bytes[8] = {0};
  struct iovec local = {.iov_base = bytes, .iov_len = sizeof bytes};
  struct iovec remote = {.iov_base = (void *)(uintptr_t)strtoull(text(words, 1), NULL, 16), .iov_len = sizeof bytes};
  return verdict(process_vm_writev((pid_t)number(words, 0), &local, 1, &remote, 1, 0));
}

static int take_descriptor(char **words) {
  const long pidfd = syscall(SYS_pidfd_open, number(words, 0), 0);
  return pidfd < 0 ? verdict(pidfd) : verdict(syscall(SYS_pidfd_getfd, pidfd, 0, 0));
}

static int open_pidfd(char **words) {
  return verdict(syscall(SYS_pidfd_open, number(words, 0), 0));
}

static int compare(char **words) {
  return verdict(syscall(SYS_kcmp, number(words, 0), getpid(), 1 /* KCMP_VM */, 0, 0));
}

static int lower_limit(char **words) {
  const struct rlimit few = {16, 16};
  return verdict(prlimit((pid_t)number(words, 0), RLIMIT_NOFILE, &few, NULL));
}

static int read_limit(char **words) {
  struct rlimit found;
  return verdict(prlimit((pid_t)number(words, 0), RLIMIT_NOFILE, NULL, &found));
}

static int raise_own_limits(char **words) {
  (void)words;
  const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_CORE, &all) == 0) return THROUGH;
  return verdict(setrlimit(RLIMIT_NPROC, &all));
}

static int lower_priority(char **words) {
  return verdict(setpriority(PRIO_PROCESS, (id_t)number(words, 0), 19));
}

static int lower_priority_of_user(char **words) {
  (void)words;
  return verdict(setpriority(PRIO_USER, 0, 19));
}

static int raise_own_priority(char **words) {
  (void)words;
  return verdict(setpriority(PRIO_PROCESS, 0, -5));
}

static int pin(char **words) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  return verdict(sched_setaffinity((pid_t)number(words, 0), sizeof one, &one));
}

static int make_idle(char **words) {
  const struct sched_param zero = {0};
  return verdict(sched_setscheduler((pid_t)number(words, 0), SCHED_IDLE, &zero));
}

static int starve_input(char **words) {
  return verdict(syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, number(words, 0), 3 << 13 /* idle */));
}

const struct probe process_probes[] = {
    {"attach", attach},
    {"seize", seize},
    {"read-memory", read_memory},
    {"write-memory", write_memory},
    {"take-descriptor", take_descriptor},
    {"open-pidfd", open_pidfd},
    {"compare", compare},
    {"lower-limit", lower_limit},
    {"read-limit", read_limit},
    {"raise-own-limits", raise_own_limits},
    {"lower-priority", lower_priority},
    {"lower-priority-of-user", lower_priority_of_user},
    {"raise-own-priority", raise_own_priority},
    {"pin", pin},
    {"make-idle", make_idle},
    {"starve-input", starve_input},
    {NULL, NULL},
};
