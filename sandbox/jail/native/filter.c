/* The seccomp filter: a list of refused calls, and refusals that hang on an argument. It sees numbers only, never what a pointer leads to. */
#define _GNU_SOURCE
#include "filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "denied.h"
#include "fail.h"

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the jail knows the system calls of x86_64 and aarch64 only"
#endif

/* Arguments are read by their low halves. */
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the filter is written for little-endian machines"
#endif

enum { CALL_FCHMODAT2 = 452, X32_CALLS = 0x40000000, NAMESPACE_FLAGS = 0x7E020000, SET_ID_BITS = S_ISUID | S_ISGID, IOPRIO_WHO_PROCESS = 1 };

struct filter {
  struct sock_filter code[512];
  unsigned short length;
};

static void add(struct filter *filter, struct sock_filter instruction) {
  if (filter->length == sizeof filter->code / sizeof *filter->code) fail("the seccomp filter is too long");
  filter->code[filter->length++] = instruction;
}

static void load(struct filter *filter, unsigned offset) {
  add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
}

static void load_call(struct filter *filter) {
  load(filter, offsetof(struct seccomp_data, nr));
}

static void load_argument(struct filter *filter, unsigned index) {
  load(filter, (unsigned)(offsetof(struct seccomp_data, args) + index * sizeof(uint64_t)));
}

static void answer(struct filter *filter, unsigned action) {
  add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void skip_unless(struct filter *filter, unsigned short test, unsigned value, unsigned char length) {
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, value, 0, length));
}

static void skip_if(struct filter *filter, unsigned short test, unsigned value, unsigned char length) {
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | test | BPF_K, value, length, 0));
}

static unsigned refusal(int error) {
  return SECCOMP_RET_ERRNO | (unsigned)error;
}

static void refuse(struct filter *filter, int call, unsigned action) {
  skip_unless(filter, BPF_JEQ, (unsigned)call, 1);
  answer(filter, action);
}

/* Refuses `call` when any bit of `bits` is set in an argument. */
static void refuse_bits(struct filter *filter, int call, unsigned argument, unsigned bits) {
  skip_unless(filter, BPF_JEQ, (unsigned)call, 4);
  load_argument(filter, argument);
  skip_unless(filter, BPF_JSET, bits, 1);
  answer(filter, refusal(EPERM));
  load_call(filter);
}

/* Refuses `call` when an argument has another value than `value`. */
static void refuse_unless(struct filter *filter, int call, unsigned argument, unsigned value) {
  skip_unless(filter, BPF_JEQ, (unsigned)call, 4);
  load_argument(filter, argument);
  skip_if(filter, BPF_JEQ, value, 1);
  answer(filter, refusal(EPERM));
  load_call(filter);
}

/* Refuses to make a set-id file by opening it. The mode counts only with one of the flags; without them it may be anything. */
static void refuse_set_id_open(struct filter *filter, int call, unsigned flags, unsigned mode) {
  skip_unless(filter, BPF_JEQ, (unsigned)call, 6);
  load_argument(filter, flags);
  skip_unless(filter, BPF_JSET, O_CREAT | (O_TMPFILE & ~O_DIRECTORY), 3);
  load_argument(filter, mode);
  skip_unless(filter, BPF_JSET, SET_ID_BITS, 1);
  answer(filter, refusal(EPERM));
  load_call(filter);
}

static void refuse_foreign_code(struct filter *filter) {
  load(filter, offsetof(struct seccomp_data, arch));
  skip_if(filter, BPF_JEQ, OWN_ARCHITECTURE, 1);
  answer(filter, SECCOMP_RET_KILL_PROCESS);
  load_call(filter);
#ifdef __x86_64__
  skip_unless(filter, BPF_JGE, X32_CALLS, 1);
  answer(filter, SECCOMP_RET_KILL_PROCESS);
#endif
}

/* Limits, priorities and processors of other processes of the same user. Own threads are 0 here; their numbers are not known beforehand. */
static void refuse_meddling(struct filter *filter) {
  refuse_unless(filter, SYS_prlimit64, 0, 0);
  refuse_unless(filter, SYS_setpriority, 0, PRIO_PROCESS);
  refuse_unless(filter, SYS_setpriority, 1, 0);
  refuse_unless(filter, SYS_ioprio_set, 0, IOPRIO_WHO_PROCESS);
  refuse_unless(filter, SYS_ioprio_set, 1, 0);
  refuse_unless(filter, SYS_sched_setaffinity, 0, 0);
  refuse_unless(filter, SYS_sched_setparam, 0, 0);
  refuse_unless(filter, SYS_sched_setscheduler, 0, 0);
  refuse_unless(filter, SYS_sched_setattr, 0, 0);
  refuse_bits(filter, SYS_clone, 0, NAMESPACE_FLAGS);
}

static void refuse_set_id(struct filter *filter) {
  refuse_bits(filter, SYS_fchmod, 1, SET_ID_BITS);
  refuse_bits(filter, SYS_fchmodat, 2, SET_ID_BITS);
  refuse_bits(filter, CALL_FCHMODAT2, 2, SET_ID_BITS);
  refuse_bits(filter, SYS_mknodat, 2, SET_ID_BITS);
  refuse_set_id_open(filter, SYS_openat, 2, 3);
#ifdef __x86_64__
  refuse_bits(filter, SYS_chmod, 1, SET_ID_BITS);
  refuse_bits(filter, SYS_mknod, 1, SET_ID_BITS);
  refuse_bits(filter, SYS_creat, 1, SET_ID_BITS);
  refuse_set_id_open(filter, SYS_open, 1, 2);
#endif
}

/* Unix sockets by path are not seen by Landlock, so there are none but pairs; with an open network there is IP and the question for own addresses. */
static void refuse_sockets(struct filter *filter, bool network_open) {
  refuse_unless(filter, SYS_socketpair, 0, AF_UNIX);
  if (!network_open) {
    refuse(filter, SYS_socket, refusal(EACCES));
    return;
  }
  skip_unless(filter, BPF_JEQ, SYS_socket, 8);
  load_argument(filter, 0);
  skip_if(filter, BPF_JEQ, AF_INET, 5);
  skip_if(filter, BPF_JEQ, AF_INET6, 4);
  skip_unless(filter, BPF_JEQ, AF_NETLINK, 2);
  load_argument(filter, 2);
  skip_if(filter, BPF_JEQ, 0 /* NETLINK_ROUTE */, 1);
  answer(filter, refusal(EACCES));
  load_call(filter);
}

static void ask_supervisor(struct filter *filter) {
  refuse(filter, SYS_fchmodat, SECCOMP_RET_USER_NOTIF);
  refuse(filter, CALL_FCHMODAT2, SECCOMP_RET_USER_NOTIF);
#ifdef __x86_64__
  refuse(filter, SYS_chmod, SECCOMP_RET_USER_NOTIF);
#endif
  // Without a path it is about a descriptor, which Landlock has judged when it was opened. Addresses below 4 GiB have a high half of 0, too.
  skip_unless(filter, BPF_JEQ, SYS_utimensat, 6);
  load_argument(filter, 1);
  skip_unless(filter, BPF_JEQ, 0, 3);
  load(filter, offsetof(struct seccomp_data, args[1]) + sizeof(uint32_t));
  skip_unless(filter, BPF_JEQ, 0, 1);
  answer(filter, SECCOMP_RET_ALLOW);
  answer(filter, SECCOMP_RET_USER_NOTIF);
}

static struct filter build(bool network_open, bool with_listener) {
  struct filter filter = {.length = 0};
  refuse_foreign_code(&filter);
  for (size_t at = 0; at < denied_count; at++) refuse(&filter, denied_calls[at].call, refusal(denied_calls[at].error));
  refuse_meddling(&filter);
  refuse_set_id(&filter);
  refuse_sockets(&filter, network_open);
  if (with_listener) ask_supervisor(&filter);
  answer(&filter, SECCOMP_RET_ALLOW);
  return filter;
}

static int install(struct filter filter, unsigned flags) {
  const struct sock_fprog program = {.len = filter.length, .filter = filter.code};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

bool has_filters(void) {
  const unsigned action = SECCOMP_RET_ERRNO;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int enter_filter(bool network_open) {
  // Without this flag a signal, as Go sends them all the time, makes the waiting call start anew.
  const unsigned wait_killable = 1U << 5;
  int listener = install(build(network_open, true), SECCOMP_FILTER_FLAG_NEW_LISTENER | wait_killable);
  if (listener < 0) listener = install(build(network_open, true), SECCOMP_FILTER_FLAG_NEW_LISTENER);
  if (listener < 0 && install(build(network_open, false), 0) != 0) fail_errno("install the seccomp filter");
  return listener;
}
