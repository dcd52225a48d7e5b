/* Calls that would widen what the kernel offers. A lasting effect is avoided where there could be one: the arguments are ones that come to nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <mqueue.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

static int leave_namespaces(char **words) {
  const struct {
    const char *name;
    int flag;
  } kinds[] = {{"user", CLONE_NEWUSER}, {"net", CLONE_NEWNET}, {"pid", CLONE_NEWPID}, {"mount", CLONE_NEWNS}};
  for (size_t at = 0; at < sizeof kinds / sizeof *kinds; at++) {
    if (strcmp(kinds[at].name, text(words, 0)) == 0) return verdict(unshare(kinds[at].flag));
  }
  return NOT_TRIED;
}

static int clone_into_user_namespace(char **words) {
  (void)words;
  const long child = syscall(SYS_clone, CLONE_NEWUSER | 17 /* SIGCHLD */, NULL, NULL, NULL, 0);
  if (child == 0) _exit(0);
  return verdict(child);
}

static int clone3_into_user_namespace(char **words) {
  (void)words;
  const uint64_t wish[8] = {[0] = CLONE_NEWUSER, [4] = 17 /* SIGCHLD */};
  const long child = syscall(SYS_clone3, wish, sizeof wish);
  if (child == 0) _exit(0);
  return verdict(child);
}

static int join_namespace(char **words) {
  const int other = open(text(words, 0), O_RDONLY);
  return verdict(setns(other < 0 ? 0 : other, 0));
}

static int mount_memory(char **words) {
  (void)words;
  return verdict(mount("none", ".", "tmpfs", 0, NULL));
}

static int open_mount(char **words) {
  (void)words;
  return verdict(syscall(SYS_open_tree, AT_FDCWD, ".", 1 /* OPEN_TREE_CLONE */));
}

static int new_file_system(char **words) {
  (void)words;
  return verdict(syscall(SYS_fsopen, "tmpfs", 0));
}

static int change_root(char **words) {
  (void)words;
  return verdict(chroot("."));
}

static int load_program(char **words) {
  (void)words;
  union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
  return verdict(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map));
}

static int count_events(char **words) {
  (void)words;
  struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event, .config = PERF_COUNT_SW_CPU_CLOCK, .exclude_kernel = 1};
  return verdict(syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
}

static int handle_faults(char **words) {
  (void)words;
  return verdict(syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */));
}

static int make_ring(char **words) {
  (void)words;
  char parameters[120] = {0};
  return verdict(syscall(SYS_io_uring_setup, 1, parameters));
}

static int keep_key(char **words) {
  (void)words;
  return verdict(syscall(SYS_add_key, "user", "escape", "1", 1, -1 /* KEY_SPEC_THREAD_KEYRING */));
}

static int read_keyring(char **words) {
  (void)words;
  return verdict(syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3 /* KEY_SPEC_SESSION_KEYRING */, 0));
}

static int unpredictable_layout_off(char **words) {
  (void)words;
  return verdict(personality(ADDR_NO_RANDOMIZE));
}

static int share_memory(char **words) {
  (void)words;
  const int id = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
  if (id >= 0) shmctl(id, IPC_RMID, NULL);
  return verdict(id);
}

static int make_message_queue(char **words) {
  (void)words;
  const int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
  if (id >= 0) msgctl(id, IPC_RMID, NULL);
  return verdict(id);
}

static int make_semaphore(char **words) {
  (void)words;
  const int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
  if (id >= 0) semctl(id, 0, IPC_RMID);
  return verdict(id);
}

static int make_posix_queue(char **words) {
  (void)words;
  const mqd_t queue = mq_open("/escape", O_CREAT | O_RDWR, 0600, NULL);
  if (queue >= 0) mq_unlink("/escape");
  return verdict(queue);
}

static int make_memory_file(char **words) {
  (void)words;
  return verdict(memfd_create("escape", 0));
}

static int load_kernel(char **words) {
  (void)words;
  return verdict(syscall(SYS_kexec_load, 0, 0, NULL, 0));
}

static int load_module(char **words) {
  (void)words;
  return verdict(syscall(SYS_finit_module, STDIN_FILENO, "", 0));
}

static int read_kernel_log(char **words) {
  (void)words;
  return verdict(syscall(SYS_syslog, 10 /* size of the buffer */, NULL, 0));
}

#ifdef __x86_64__
/* getpid by the door for 32-bit programs, whose calls have other numbers. */
static int old_door(char **words) {
  (void)words;
  long result = 20;
  __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
  return result == getpid() ? THROUGH : REFUSED;
}

static int x32_door(char **words) {
  (void)words;
  return verdict(syscall(0x40000000 | SYS_getpid));
}

static int descriptor_table(char **words) {
  (void)words;
  char room[16];
  return verdict(syscall(SYS_modify_ldt, 0, room, sizeof room));
}
#endif

const struct probe kernel_probes[] = {
    {"unshare", leave_namespaces},
    {"clone-namespace", clone_into_user_namespace},
    {"clone3-namespace", clone3_into_user_namespace},
    {"join-namespace", join_namespace},
    {"mount", mount_memory},
    {"open-tree", open_mount},
    {"fsopen", new_file_system},
    {"chroot", change_root},
    {"bpf", load_program},
    {"perf", count_events},
    {"userfaultfd", handle_faults},
    {"io-uring", make_ring},
    {"add-key", keep_key},
    {"keyring", read_keyring},
    {"personality", unpredictable_layout_off},
    {"shared-memory", share_memory},
    {"message-queue", make_message_queue},
    {"semaphore", make_semaphore},
    {"posix-queue", make_posix_queue},
    {"memory-file", make_memory_file},
    {"kexec", load_kernel},
    {"module", load_module},
    {"kernel-log", read_kernel_log},
#ifdef __x86_64__
    {"int80", old_door},
    {"x32", x32_door},
    {"ldt", descriptor_table},
#endif
    {NULL, NULL},
};
