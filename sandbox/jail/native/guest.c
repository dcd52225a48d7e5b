/* The child's way from fork to exec: everything it gives up, in the order in which it still can. */
#define _GNU_SOURCE
#include "guest.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fail.h"
#include "filter.h"
#include "landlock.h"
#include "limits.h"

enum { CLOSE_ON_EXEC = 1 << 2, NICENESS = 5, FIRST_PRIVATE_FD = 3 };

/* Room for one descriptor beside a message of one byte. */
union descriptor_room {
  char bytes[CMSG_SPACE(sizeof(int))];
  struct cmsghdr aligned;
};

static void send_descriptor(int channel, int descriptor) {
  union descriptor_room room = {.bytes = {0}};
  struct iovec byte = {.iov_base = &(char){0}, .iov_len = 1};
  struct msghdr message = {.msg_iov = &byte, .msg_iovlen = 1, .msg_control = room.bytes, .msg_controllen = sizeof room.bytes};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof descriptor), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  if (sendmsg(channel, &message, MSG_NOSIGNAL) < 0) fail_errno("hand over the seccomp listener");
}

/* -1 when the other end closed without sending one: then it has none, or has said what went wrong. */
static int receive_descriptor(int channel) {
  union descriptor_room room = {.bytes = {0}};
  struct iovec byte = {.iov_base = &(char){0}, .iov_len = 1};
  struct msghdr message = {.msg_iov = &byte, .msg_iovlen = 1, .msg_control = room.bytes, .msg_controllen = sizeof room.bytes};
  if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) <= 0) return -1;
  const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header == NULL || header->cmsg_type != SCM_RIGHTS) return -1;
  int descriptor;
  memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return descriptor;
}

/* The kernel's killer takes the guest before the agent. Not every host lets us say so; the memory limit does not hang on it. */
static void prefer_as_victim(void) {
  const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  const ssize_t written = write(file, "1000", 4);
  (void)written;
  close(file);
}

static void close_stdin(void) {
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0) fail_errno("close standard input");
}

_Noreturn static void become_guest(const struct options *options, int version, int channel) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (setsid() < 0) fail_errno("begin a session");
  prefer_as_victim();
  // The agent's heartbeats must not wait for a build.
  setpriority(PRIO_PROCESS, 0, NICENESS);
  if (!options->pass_stdin) close_stdin();
  if (syscall(SYS_close_range, FIRST_PRIVATE_FD, ~0U, CLOSE_ON_EXEC) != 0) fail_errno("close descriptors");
  lower_limits(options);
  enter_guest_domain(options, version);
  if (has_filters()) {
    const int listener = enter_filter(options->network_open);
    if (listener >= 0) send_descriptor(channel, listener);
  }
  execv(options->command[0], options->command);
  fail_errno("start %s", options->command[0]);
}

struct guest start_guest(const struct options *options, int landlock_version, const sigset_t *inherited) {
  int channel[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) fail_errno("make a channel to the guest");
  const pid_t pid = fork();
  if (pid < 0) fail_errno("fork");
  if (pid == 0) {
    close(channel[0]);
    sigprocmask(SIG_SETMASK, inherited, NULL);
    become_guest(options, landlock_version, channel[1]);
  }
  close(channel[1]);
  const struct guest guest = {.pid = pid, .listener = receive_descriptor(channel[0])};
  close(channel[0]);
  return guest;
}
