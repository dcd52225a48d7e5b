/* No attempt, but the ground for some: runs a program on what looks like a lesser kernel. without landlock|seccomp|listener PROGRAM [argument...] */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

enum { CREATE_RULESET = 444 };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define SKIP_UNLESS(test, value, length) BPF_JUMP(BPF_JMP | (test) | BPF_K, value, 0, length)
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, action)

static int install(struct sock_filter *code, unsigned short length) {
  const struct sock_fprog program = {.len = length, .filter = code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int take_away_call(unsigned call) {
  struct sock_filter code[] = {LOAD(nr), SKIP_UNLESS(BPF_JEQ, call, 1), ANSWER(SECCOMP_RET_ERRNO | ENOSYS), ANSWER(SECCOMP_RET_ALLOW)};
  return install(code, sizeof code / sizeof *code);
}

static int take_away_listener(void) {
  struct sock_filter code[] = {
      LOAD(nr), SKIP_UNLESS(BPF_JEQ, SYS_seccomp, 3), LOAD(args[1]), SKIP_UNLESS(BPF_JSET, SECCOMP_FILTER_FLAG_NEW_LISTENER, 1), ANSWER(SECCOMP_RET_ERRNO | EBUSY), ANSWER(SECCOMP_RET_ALLOW),
  };
  return install(code, sizeof code / sizeof *code);
}

static int run_without(char **words) {
  const char *part = text(words, 0);
  const char *program = text(words, 1);
  int result = -1;
  if (strcmp(part, "landlock") == 0) result = take_away_call(CREATE_RULESET);
  if (strcmp(part, "seccomp") == 0) result = take_away_call(SYS_seccomp);
  if (strcmp(part, "listener") == 0) result = take_away_listener();
  if (result == 0) execv(program, words + 1);
  return NOT_TRIED;
}

const struct probe ground_probes[] = {
    {"without", run_without},
    {NULL, NULL},
};
