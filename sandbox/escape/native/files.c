/* Ways to the content of files outside. What is read goes to stdout, where the parent looks for its secret. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

static int show(int file) {
  if (file < 0) return verdict(file);
  char bytes[65536];
  ssize_t length = read(file, bytes, sizeof bytes);
  const int result = verdict(length);
  while (length > 0) {
    if (write(STDOUT_FILENO, bytes, (size_t)length) < 0) break;
    length = read(file, bytes, sizeof bytes);
  }
  return result;
}

static int read_file(char **words) {
  return show(open(text(words, 0), O_RDONLY));
}

static int read_by_openat2(char **words) {
  struct open_how how = {.flags = O_RDONLY};
  return show((int)syscall(SYS_openat2, AT_FDCWD, text(words, 0), &how, sizeof how));
}

/* Walking there is allowed; what lies there is not. */
static int read_from_there(char **words) {
  if (chdir(text(words, 0)) != 0) return verdict(-1);
  return show(open(text(words, 1), O_RDONLY));
}

static int read_over_link(char **words) {
  if (symlink(text(words, 0), "own-link") != 0) return NOT_TRIED;
  return show(open("own-link", O_RDONLY));
}

static int read_over_many_links(char **words) {
  char from[32], to[32];
  if (symlink(text(words, 0), "chain-0") != 0) return NOT_TRIED;
  for (int at = 1; at <= 39; at++) {
    snprintf(from, sizeof from, "chain-%d", at - 1);
    snprintf(to, sizeof to, "chain-%d", at);
    if (symlink(from, to) != 0) return NOT_TRIED;
  }
  return show(open("chain-38", O_RDONLY));
}

static int read_over_hard_link(char **words) {
  if (link(text(words, 0), "own-hard-link") != 0) return verdict(-1);
  return show(open("own-hard-link", O_RDONLY));
}

static int read_after_move(char **words) {
  if (rename(text(words, 0), "moved-in") != 0) return verdict(-1);
  return show(open("moved-in", O_RDONLY));
}

static int read_by_handle(char **words) {
  union {
    struct file_handle handle;
    char room[sizeof(struct file_handle) + 128];
  } found = {.handle = {.handle_bytes = 128}};
  int mount;
  if (name_to_handle_at(AT_FDCWD, text(words, 0), &found.handle, &mount, 0) != 0) return verdict(-1);
  const int top = open(".", O_RDONLY | O_DIRECTORY);
  return show(open_by_handle_at(top, &found.handle, O_RDONLY));
}

/* Reads the path of O_PATH back through /proc, which follows no rule about names. */
static int read_over_proc(char **words) {
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", open(text(words, 0), O_PATH));
  return show(open(name, O_RDONLY));
}

static int map_file(char **words) {
  const int file = open(text(words, 0), O_RDONLY);
  if (file < 0) return verdict(-1);
  const char *content = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
  return content == MAP_FAILED ? verdict(-1) : verdict(write(STDOUT_FILENO, content, 16));
}

static int open_file(char **words) {
  return verdict(open(text(words, 0), O_RDWR));
}

static int list_folder(char **words) {
  DIR *folder = opendir(text(words, 0));
  if (folder == NULL) return verdict(-1);
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) puts(entry->d_name);
  return THROUGH;
}

static int write_file(char **words) {
  const int file = open(text(words, 0), O_WRONLY | O_CREAT, 0600);
  const char *content = words[1] == NULL ? "overwritten" : words[1];
  return file < 0 ? verdict(file) : verdict(write(file, content, strlen(content)));
}

static int write_over_link(char **words) {
  if (symlink(text(words, 0), "write-link") != 0) return NOT_TRIED;
  char *link_and_content[] = {"write-link", NULL, NULL};
  return write_file(link_and_content);
}

static int truncate_file(char **words) {
  return verdict(truncate(text(words, 0), 0));
}

static int unlink_file(char **words) {
  return verdict(unlink(text(words, 0)));
}

static int move_out(char **words) {
  close(open("to-move", O_WRONLY | O_CREAT, 0600));
  return verdict(rename("to-move", text(words, 0)));
}

static int link_out(char **words) {
  close(open("to-link", O_WRONLY | O_CREAT, 0600));
  return verdict(link("to-link", text(words, 0)));
}

static int make_folder(char **words) {
  return verdict(mkdir(text(words, 0), 0700));
}

static int make_link(char **words) {
  return verdict(symlink("anywhere", text(words, 0)));
}

static int run_program(char **words) {
  char *arguments[] = {(char *)text(words, 0), NULL};
  return verdict(execv(arguments[0], arguments));
}

static int mark_descriptors(char **words) {
  (void)words;
  int found = 0;
  for (int file = 3; file < 4096; file++) {
    if (fcntl(file, F_GETFD) < 0) continue;
    printf("descriptor %d\n", file);
    found += 1;
  }
  return found > 0 ? THROUGH : REFUSED;
}

/* Swaps a harmless file and a link to the goal under one name while that name is opened again and again. */
static int race_open(char **words) {
  const char *goal = text(words, 0);
  close(open("harmless", O_WRONLY | O_CREAT, 0600));
  if (symlink(goal, "link-of-race") != 0 || link("harmless", "name") != 0) return NOT_TRIED;
  const long end = milliseconds() + RACE_MS;
  const pid_t swapper = fork();
  if (swapper == 0) {
    while (milliseconds() < end) syscall(SYS_renameat2, AT_FDCWD, "name", AT_FDCWD, "link-of-race", 2 /* RENAME_EXCHANGE */);
    _exit(0);
  }
  int result = REFUSED;
  while (milliseconds() < end && result == REFUSED) {
    char bytes[256];
    const int file = open("name", O_RDONLY);
    const ssize_t length = file < 0 ? 0 : read(file, bytes, sizeof bytes);
    if (length > 0 && write(STDOUT_FILENO, bytes, (size_t)length) > 0) result = THROUGH;
    if (file >= 0) close(file);
  }
  waitpid(swapper, NULL, 0);
  return result;
}

const struct probe file_probes[] = {
    {"read", read_file},
    {"read-by-openat2", read_by_openat2},
    {"read-from-there", read_from_there},
    {"read-over-link", read_over_link},
    {"read-over-many-links", read_over_many_links},
    {"read-over-hard-link", read_over_hard_link},
    {"read-after-move", read_after_move},
    {"read-by-handle", read_by_handle},
    {"read-over-proc", read_over_proc},
    {"map", map_file},
    {"open", open_file},
    {"list", list_folder},
    {"write", write_file},
    {"write-over-link", write_over_link},
    {"truncate", truncate_file},
    {"unlink", unlink_file},
    {"move-out", move_out},
    {"link-out", link_out},
    {"make-folder", make_folder},
    {"make-link", make_link},
    {"run", run_program},
    {"descriptors", mark_descriptors},
    {"race-open", race_open},
    {NULL, NULL},
};
