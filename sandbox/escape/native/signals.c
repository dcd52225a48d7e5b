/* Ways to end or stop other processes, and ways to outlive the own end. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

static int send_signal(char **words) {
  return verdict(kill((pid_t)number(words, 0), (int)number(words, 1)));
}

/* The supervisor is the own parent; without a jail it is whoever started this. */
static int signal_parent(char **words) {
  return verdict(kill(getppid(), (int)number(words, 0)));
}

static int signal_thread(char **words) {
  return verdict(syscall(SYS_tgkill, number(words, 0), number(words, 0), number(words, 1)));
}

static int queue_signal(char **words) {
  return verdict(sigqueue((pid_t)number(words, 0), (int)number(words, 1), (union sigval){0}));
}

/* Asks the kernel to tell another process of input here, with a signal of our choice. */
static int signal_by_input(char **words) {
  int ends[2];
  if (pipe(ends) != 0) return NOT_TRIED;
  if (fcntl(ends[0], F_SETOWN, number(words, 0)) != 0 || fcntl(ends[0], F_SETSIG, number(words, 1)) != 0) return verdict(-1);
  if (fcntl(ends[0], F_SETFL, O_ASYNC) != 0 || write(ends[1], "x", 1) != 1) return verdict(-1);
  usleep(100000);
  return REFUSED;
}

static void outlive_everything(void) {
  prctl(PR_SET_PDEATHSIG, 0);
  setsid();
  if (fork() != 0) _exit(0);
  setsid();
  if (fork() != 0) _exit(0);
  for (int number = 1; number < 32; number++) signal(number, SIG_IGN);
  clearenv();
  for (int file = 0; file < 16; file++) close(file);
  for (;;) pause();
}

/* Leaves three processes that share no parent, session, group or environment with the run. */
static int leave_orphans(char **words) {
  (void)words;
  for (int at = 0; at < 3; at++) {
    if (fork() == 0) outlive_everything();
  }
  usleep(200000);
  return REFUSED;
}

/* The same with a new name and an own environment, so that nothing in /proc tells where they come from. */
static int leave_renamed_orphans(char **words) {
  (void)words;
  if (fork() == 0) {
    setsid();
    if (fork() == 0) {
      char *const arguments[] = {"sleep", "idle", NULL};
      char *const environment[] = {NULL};
      execve(text(words, 0), arguments, environment);
    }
    _exit(0);
  }
  usleep(200000);
  return REFUSED;
}

static int ignore_everything(char **words) {
  (void)words;
  for (int number = 1; number < 65; number++) signal(number, SIG_IGN);
  for (;;) pause();
  return THROUGH;
}

static int wait_for_signals(char **words) {
  (void)words;
  pause();
  return THROUGH;
}

const struct probe signal_probes[] = {
    {"signal", send_signal},
    {"signal-parent", signal_parent},
    {"signal-thread", signal_thread},
    {"queue-signal", queue_signal},
    {"signal-by-input", signal_by_input},
    {"leave-orphans", leave_orphans},
    {"leave-renamed-orphans", leave_renamed_orphans},
    {"ignore-everything", ignore_everything},
    {"idle", wait_for_signals},
    {NULL, NULL},
};
