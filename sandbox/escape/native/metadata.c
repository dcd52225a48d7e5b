/* Ways to mode, owner, times and attributes of files outside, and to special files inside. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

enum { CALL_FCHMODAT2 = 452 };

static int change_mode(char **words) {
  return verdict(chmod(text(words, 0), 0777));
}

static int change_mode_over_link(char **words) {
  if (symlink(text(words, 0), "mode-link") != 0) return NOT_TRIED;
  return verdict(chmod("mode-link", 0777));
}

/* From a folder outside, so that the path has no name that could be judged. */
static int change_mode_from_there(char **words) {
  const int folder = open(text(words, 0), O_PATH | O_DIRECTORY);
  return verdict(fchmodat(folder, text(words, 1), 0777, 0));
}

static int change_mode_from_cwd(char **words) {
  if (chdir(text(words, 0)) != 0) return verdict(-1);
  return verdict(chmod(text(words, 1), 0777));
}

static int change_mode_by_newest_call(char **words) {
  return verdict(syscall(CALL_FCHMODAT2, AT_FDCWD, text(words, 0), 0777, 0));
}

static int change_mode_by_descriptor(char **words) {
  const int file = open(text(words, 0), O_PATH);
  return verdict(syscall(CALL_FCHMODAT2, file, "", 0777, AT_EMPTY_PATH));
}

/* Magic links mean another thing to whoever follows them. */
static int change_mode_over_proc(char **words) {
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", open(text(words, 0), O_PATH));
  return verdict(chmod(name, 0777));
}

/* Swaps a file and a link to the goal under one name while the mode of that name is changed again and again. */
static int race_mode(char **words) {
  close(open("harmless", O_WRONLY | O_CREAT, 0600));
  if (symlink(text(words, 0), "link-of-race") != 0 || link("harmless", "name") != 0) return NOT_TRIED;
  const long end = milliseconds() + RACE_MS;
  const pid_t swapper = fork();
  if (swapper == 0) {
    while (milliseconds() < end) syscall(SYS_renameat2, AT_FDCWD, "name", AT_FDCWD, "link-of-race", 2 /* RENAME_EXCHANGE */);
    _exit(0);
  }
  while (milliseconds() < end) chmod("name", 0777);
  waitpid(swapper, NULL, 0);
  return REFUSED;
}

static int change_owner(char **words) {
  return verdict(chown(text(words, 0), getuid(), getgid()));
}

static int change_times(char **words) {
  const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
  return verdict(utimensat(AT_FDCWD, text(words, 0), times, 0));
}

static int set_attribute(char **words) {
  return verdict(setxattr(text(words, 0), "user.escape", "1", 1, 0));
}

static int make_set_id(char **words) {
  (void)words;
  close(open("set-id", O_WRONLY | O_CREAT, 0755));
  return verdict(chmod("set-id", 04755));
}

static int make_set_id_by_descriptor(char **words) {
  (void)words;
  return verdict(fchmod(open("set-id", O_WRONLY | O_CREAT, 0755), 06755));
}

static int open_set_id(char **words) {
  (void)words;
  umask(0);
  return verdict(open("set-id", O_WRONLY | O_CREAT, 04755));
}

static int make_device(char **words) {
  (void)words;
  if (mknod("device", S_IFCHR | 0666, makedev(1, 3)) == 0) return THROUGH;
  return verdict(mknod("device", S_IFBLK | 0666, makedev(254, 0)));
}

static int make_socket_file(char **words) {
  (void)words;
  return verdict(mknod("socket", S_IFSOCK | 0600, 0));
}

const struct probe metadata_probes[] = {
    {"change-mode", change_mode},
    {"change-mode-over-link", change_mode_over_link},
    {"change-mode-from-there", change_mode_from_there},
    {"change-mode-from-cwd", change_mode_from_cwd},
    {"change-mode-by-newest-call", change_mode_by_newest_call},
    {"change-mode-by-descriptor", change_mode_by_descriptor},
    {"change-mode-over-proc", change_mode_over_proc},
    {"race-mode", race_mode},
    {"change-owner", change_owner},
    {"change-times", change_times},
    {"set-attribute", set_attribute},
    {"make-set-id", make_set_id},
    {"make-set-id-by-descriptor", make_set_id_by_descriptor},
    {"open-set-id", open_set_id},
    {"make-device", make_device},
    {"make-socket-file", make_socket_file},
    {NULL, NULL},
};
