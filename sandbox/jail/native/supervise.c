/* The watch over a running guest: time, memory, CPU and number of tasks of its whole tree, and the end of that tree. */
#define _GNU_SOURCE
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "fail.h"
#include "tree.h"

/* Between two looks at the tree: seldom while it is small, often when it may soon be too large. Memory grows by some 100 MB in the shorter one. */
enum { SAMPLE_MS = 40, CLOSE_SAMPLE_MS = 10, KILL_ROUND_MS = 1, CONTROL = 0, SIGNALS = 1, CALLS = 2, SOURCES = 3 };

struct watch {
  const struct guest *guest;
  const struct options *options;
  struct pollfd sources[SOURCES];
  long long started_ms;
  long long next_sample_ms;
  bool guest_ended;
  struct outcome outcome;
};

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static long long to_ms(struct timeval time) {
  return time.tv_sec * 1000LL + time.tv_usec / 1000;
}

static struct rusage waited_for(void) {
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  return usage;
}

static long long waited_cpu_ms(void) {
  const struct rusage usage = waited_for();
  return to_ms(usage.ru_utime) + to_ms(usage.ru_stime);
}

/* Collects what has ended; the number of collected processes besides the guest. */
static int reap(struct watch *watch) {
  int others = 0;
  int status;
  for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
    if (pid != watch->guest->pid) {
      others += 1;
      continue;
    }
    watch->guest_ended = true;
    watch->outcome.status = status;
  }
  return others;
}

static long long larger(long long one, long long other) {
  return one > other ? one : other;
}

static bool exceeds(long long used, long long limit, int share_percent) {
  return limit > 0 && used * 100 > limit * share_percent;
}

/* The limit that the tree is over, or NULL. */
static const char *judge(const struct usage *usage, long long cpu_ms, const struct options *options) {
  if (exceeds(usage->memory_bytes, options->memory_bytes, 100)) return "memory";
  if (exceeds(cpu_ms, options->cpu_ms, 100)) return "cpu";
  // The kernel refuses forks over the limit to everyone but root; other tasks of the user may let some more through.
  if (getuid() == 0 && exceeds(usage->tasks, options->tasks, 100)) return "tasks";
  return NULL;
}

static const char *sample(struct watch *watch) {
  const struct usage usage = measure_tree();
  const struct options *options = watch->options;
  const bool is_close = exceeds(usage.memory_bytes, options->memory_bytes, 50) || exceeds(usage.tasks, options->tasks, 50);
  watch->next_sample_ms = now_ms() + (is_close ? CLOSE_SAMPLE_MS : SAMPLE_MS);
  watch->outcome.peak_memory_bytes = larger(watch->outcome.peak_memory_bytes, usage.memory_bytes);
  if (usage.processes > watch->outcome.peak_processes) watch->outcome.peak_processes = usage.processes;
  return judge(&usage, usage.cpu_ms + waited_cpu_ms(), options);
}

static int patience_ms(const struct watch *watch, long long now) {
  long long until = watch->next_sample_ms;
  if (watch->options->wall_ms > 0 && watch->started_ms + watch->options->wall_ms < until) until = watch->started_ms + watch->options->wall_ms;
  return until > now ? (int)(until - now) : 0;
}

/* True when the parent is gone or has asked for the end. */
static bool is_told_to_stop(struct watch *watch) {
  if (watch->sources[CONTROL].revents != 0) {
    char byte;
    if (read(CONTROL_FD, &byte, 1) <= 0) return true;
  }
  if (watch->sources[SIGNALS].revents == 0) return false;
  struct signalfd_siginfo signal;
  const ssize_t got = read(watch->sources[SIGNALS].fd, &signal, sizeof signal);
  return got == (ssize_t)sizeof signal && signal.ssi_signo != SIGCHLD;
}

/* One turn; the reason to end the run, or NULL. */
static const char *turn(struct watch *watch) {
  const long long now = now_ms();
  if (poll(watch->sources, SOURCES, patience_ms(watch, now)) < 0 && errno != EINTR) fail_errno("wait for the guest");
  if (is_told_to_stop(watch)) return "stopped";
  if ((watch->sources[CALLS].revents & POLLIN) != 0) answer_call(watch->guest->listener, watch->options);
  else if (watch->sources[CALLS].revents != 0) watch->sources[CALLS].fd = -1;
  reap(watch);
  if (watch->guest_ended) return "exit";
  const long long later = now_ms();
  if (watch->options->wall_ms > 0 && later >= watch->started_ms + watch->options->wall_ms) return "wall";
  return later >= watch->next_sample_ms ? sample(watch) : NULL;
}

/* Kills until nothing is left to wait for: what forked before it was hit is hit in the next round. */
static void end_tree(struct watch *watch, bool own_domain) {
  for (;;) {
    if (own_domain) kill(-1, SIGKILL);
    else kill_tree();
    watch->outcome.reaped += reap(watch);
    siginfo_t left;
    if (waitid(P_ALL, 0, &left, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD) return;
    poll(NULL, 0, KILL_ROUND_MS);
  }
}

struct outcome supervise(const struct guest *guest, const struct options *options, int signals, bool own_domain) {
  const long long started = now_ms();
  struct watch watch = {
      .guest = guest,
      .options = options,
      .sources = {{.fd = CONTROL_FD, .events = POLLIN}, {.fd = signals, .events = POLLIN}, {.fd = guest->listener, .events = POLLIN}},
      .started_ms = started,
      .next_sample_ms = started + CLOSE_SAMPLE_MS,
  };
  while (watch.outcome.why == NULL) watch.outcome.why = turn(&watch);
  end_tree(&watch, own_domain);
  watch.outcome.cpu_ms = waited_cpu_ms();
  // The largest single process, for what came and went between two looks.
  watch.outcome.peak_memory_bytes = larger(watch.outcome.peak_memory_bytes, waited_for().ru_maxrss * 1024LL);
  if (watch.outcome.peak_processes == 0) watch.outcome.peak_processes = 1;
  return watch.outcome;
}
