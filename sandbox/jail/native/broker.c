/* Judges the calls that name a file by its path and that Landlock does not see. The supervisor resolves the path once, looks where the file
   really lies, and changes that very file: there is nothing to swap between check and use. */
#define _GNU_SOURCE
#include "broker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALL_FCHMODAT2 = 452 };

/* A call in one form, whichever of its system calls it came by. */
struct request {
  pid_t pid;
  int folder;
  uint64_t path;
  int flags;
  bool sets_mode;
  mode_t mode;
  /* Address of two timespecs; 0 for now. */
  uint64_t times;
};

static struct request read_request(const struct seccomp_notif *call) {
  const uint64_t *arguments = (const uint64_t *)call->data.args;
  struct request request = {.pid = (pid_t)call->pid, .folder = (int)arguments[0], .path = arguments[1], .mode = (mode_t)arguments[2], .sets_mode = true};
  switch (call->data.nr) {
    case SYS_utimensat:
      request.sets_mode = false;
      request.times = arguments[2];
      request.flags = (int)arguments[3];
      break;
    case CALL_FCHMODAT2:
      request.flags = (int)arguments[3];
      break;
#ifdef __x86_64__
    case SYS_chmod:
      request.folder = AT_FDCWD;
      request.path = arguments[0];
      request.mode = (mode_t)arguments[1];
      break;
#endif
    default:
      break;
  }
  return request;
}

static int open_in_proc(pid_t pid, const char *name, int flags) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  return open(path, flags | O_CLOEXEC);
}

/* Reads up to `size` bytes of the guest, page by page, because the next page may not be there. */
static ssize_t read_memory(int memory, uint64_t address, char *into, size_t size) {
  const size_t page = 4096;
  size_t done = 0;
  while (done < size) {
    const size_t to_page_end = page - (address + done) % page;
    const size_t wish = to_page_end < size - done ? to_page_end : size - done;
    const ssize_t got = pread(memory, into + done, wish, (off_t)(address + done));
    if (got <= 0) break;
    done += (size_t)got;
    if (memchr(into + done - (size_t)got, '\0', (size_t)got) != NULL) break;
  }
  return (ssize_t)done;
}

static int read_path(int memory, uint64_t address, char path[PATH_MAX]) {
  const ssize_t length = read_memory(memory, address, path, PATH_MAX);
  if (length <= 0) return EFAULT;
  return memchr(path, '\0', (size_t)length) == NULL ? ENAMETOOLONG : 0;
}

static int open_folder(const struct request *request, const char *path) {
  if (path[0] == '/') return AT_FDCWD;
  char name[32] = "cwd";
  if (request->folder != AT_FDCWD) snprintf(name, sizeof name, "fd/%d", request->folder);
  return open_in_proc(request->pid, name, O_PATH);
}

/* Opens what the guest means. Magic links are refused: here they would lead to descriptors of the supervisor. */
static int open_target(int folder, const char *path, int flags) {
  if (path[0] == '\0') {
    errno = ENOENT;
    return (flags & AT_EMPTY_PATH) != 0 ? fcntl(folder, F_DUPFD_CLOEXEC, 0) : -1;
  }
  struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
  if ((flags & AT_SYMLINK_NOFOLLOW) != 0) how.flags |= O_NOFOLLOW;
  return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

static bool lies_below(const char *path, const char *tree) {
  char real[PATH_MAX];
  if (realpath(tree, real) == NULL) return false;
  const size_t length = strlen(real);
  return strncmp(path, real, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static bool is_writable(const char *own_name, const struct options *options) {
  char place[PATH_MAX + 1];
  const ssize_t length = readlink(own_name, place, sizeof place);
  if (length <= 0 || length >= PATH_MAX) return false;
  place[length] = '\0';
  for (int at = 0; at < options->writable.count; at++) {
    if (lies_below(place, options->writable.path[at])) return true;
  }
  return false;
}

static int change(const struct request *request, int memory, int target, const struct options *options) {
  char own_name[32];
  snprintf(own_name, sizeof own_name, "/proc/self/fd/%d", target);
  if (!is_writable(own_name, options)) return EACCES;
  if (request->sets_mode) return chmod(own_name, request->mode & 01777) == 0 ? 0 : errno;
  if (request->times == 0) return utimensat(AT_FDCWD, own_name, NULL, 0) == 0 ? 0 : errno;
  struct timespec times[2];
  if (pread(memory, times, sizeof times, (off_t)request->times) != (ssize_t)sizeof times) return EFAULT;
  return utimensat(AT_FDCWD, own_name, times, 0) == 0 ? 0 : errno;
}

/* 0, or the error that the guest sees. */
static int carry_out(const struct request *request, int memory, const struct options *options) {
  char path[PATH_MAX];
  const int fault = read_path(memory, request->path, path);
  if (fault != 0) return fault;
  const int folder = open_folder(request, path);
  if (folder < 0 && folder != AT_FDCWD) return EBADF;
  const int target = open_target(folder, path, request->flags);
  int error = errno;
  if (target >= 0) {
    error = change(request, memory, target, options);
    close(target);
  }
  if (folder >= 0) close(folder);
  return error;
}

void answer_call(int listener, const struct options *options) {
  struct seccomp_notif call = {0};
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return;
  const struct request request = read_request(&call);
  const int memory = open_in_proc(request.pid, "mem", O_RDONLY);
  // Still waiting after its memory was opened: so the number has not passed to another process.
  const bool waits = ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id) == 0;
  const int error = memory < 0 ? EPERM : waits ? carry_out(&request, memory, options) : EINTR;
  if (memory >= 0) close(memory);
  const struct seccomp_notif_resp response = {.id = call.id, .error = -error};
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}
