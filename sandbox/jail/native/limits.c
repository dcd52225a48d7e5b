/* Resource limits of the guest: per process, so the watch over the whole tree stands beside them. */
#define _GNU_SOURCE
#include "limits.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail.h"

enum { MAX_OPEN_FILES = 4096, MAX_USER_TASKS = 1 << 22 };

static void limit(int resource, const char *name, rlim_t most) {
  struct rlimit found;
  if (getrlimit(resource, &found) != 0) fail_errno("read the limit %s", name);
  const rlim_t value = most < found.rlim_max ? most : found.rlim_max;
  if (setrlimit(resource, &(struct rlimit){value, value}) != 0) fail_errno("lower the limit %s", name);
}

static bool can_fork_under(rlim_t most, rlim_t hard) {
  if (setrlimit(RLIMIT_NPROC, &(struct rlimit){most < hard ? most : hard, hard}) != 0) fail_errno("try a limit of tasks");
  const pid_t child = fork();
  if (child == 0) _exit(0);
  if (child < 0 && errno != EAGAIN) fail_errno("fork");
  if (child > 0) waitpid(child, NULL, 0);
  return child > 0;
}

/* RLIMIT_NPROC counts the tasks of the user id on the whole node, other pods included, and no call tells how many these are:
   ask by forking under growing limits. The answer is at least their number and at most twice it. */
static rlim_t tasks_of_user(rlim_t hard) {
  rlim_t most = 32;
  while (!can_fork_under(most, hard)) {
    if (most >= MAX_USER_TASKS || most >= hard) fail("start a process: this user, or its pod, may have no more of them");
    most *= 2;
  }
  return most;
}

static void limit_tasks(rlim_t tasks) {
  struct rlimit found;
  if (getrlimit(RLIMIT_NPROC, &found) != 0) fail_errno("read the limit of tasks");
  limit(RLIMIT_NPROC, "of tasks", tasks_of_user(found.rlim_max) + tasks);
}

static void give_up_capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
  if (syscall(SYS_capset, &header, none) != 0) fail_errno("give up capabilities");
}

void lower_limits(const struct options *options) {
  limit(RLIMIT_CORE, "of core files", 0);
  limit(RLIMIT_MSGQUEUE, "of message queues", 0);
  limit(RLIMIT_MEMLOCK, "of locked memory", 0);
  limit(RLIMIT_NOFILE, "of open files", MAX_OPEN_FILES);
  // A process alone may not take more than the tree may: the watch is late when it starves.
  if (options->cpu_ms > 0) limit(RLIMIT_CPU, "of CPU time", (rlim_t)(options->cpu_ms / 1000 + 2));
  if (options->file_bytes > 0) limit(RLIMIT_FSIZE, "of file size", (rlim_t)options->file_bytes);
  if (options->tasks > 0) limit_tasks((rlim_t)options->tasks);
  give_up_capabilities();
}
