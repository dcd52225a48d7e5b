/* System calls that no test, compiler or package manager needs, and that reach beyond files and the own tree. ENOSYS where libraries fall back on it. */
#define _GNU_SOURCE
#include "denied.h"

#include <errno.h>
#include <sys/syscall.h>

/* Newer than the headers of some build hosts; these have the same number on every architecture. */
enum {
  CALL_MOUNT_SETATTR = 442,
  CALL_MEMFD_SECRET = 447,
  CALL_SETXATTRAT = 463,
  CALL_REMOVEXATTRAT = 466,
  CALL_OPEN_TREE_ATTR = 467,
  CALL_FILE_SETATTR = 469,
};

const struct denied denied_calls[] = {
    /* Other processes. Signals to them are refused by Landlock's scope; a pidfd leads to their memory and files. */
    {SYS_ptrace, EPERM},
    {SYS_process_vm_readv, EPERM},
    {SYS_process_vm_writev, EPERM},
    {SYS_process_madvise, EPERM},
    {SYS_pidfd_open, ENOSYS},
    {SYS_pidfd_getfd, EPERM},
    {SYS_kcmp, EPERM},
    {SYS_migrate_pages, EPERM},
    {SYS_move_pages, EPERM},
    {SYS_get_robust_list, EPERM},

    /* Namespaces and mounts. */
    {SYS_unshare, EPERM},
    {SYS_setns, EPERM},
    {SYS_mount, EPERM},
    {SYS_umount2, EPERM},
    {SYS_pivot_root, EPERM},
    {SYS_chroot, EPERM},
    {SYS_open_tree, EPERM},
    {SYS_move_mount, EPERM},
    {SYS_fsopen, EPERM},
    {SYS_fsconfig, EPERM},
    {SYS_fsmount, EPERM},
    {SYS_fspick, EPERM},
    {CALL_MOUNT_SETATTR, EPERM},
    {CALL_OPEN_TREE_ATTR, EPERM},
    /* Its flags are behind a pointer that a filter cannot follow: libraries then use clone. */
    {SYS_clone3, ENOSYS},

    /* Ways around the rules on files. */
    {SYS_name_to_handle_at, EPERM},
    {SYS_open_by_handle_at, EPERM},
    {SYS_openat2, ENOSYS},
    {SYS_fanotify_init, EPERM},
    {SYS_fanotify_mark, EPERM},
    {SYS_quotactl, EPERM},

    /* Owner, times and attributes by path are not seen by Landlock; by descriptor they are. */
    {SYS_fchownat, EPERM},
    {SYS_setxattr, EOPNOTSUPP},
    {SYS_lsetxattr, EOPNOTSUPP},
    {SYS_removexattr, EOPNOTSUPP},
    {SYS_lremovexattr, EOPNOTSUPP},
    {CALL_SETXATTRAT, EOPNOTSUPP},
    {CALL_REMOVEXATTRAT, EOPNOTSUPP},
    {CALL_FILE_SETATTR, EOPNOTSUPP},

    /* Memory that counts as nobody's resident memory, and messages that outlive the tree. */
    {SYS_memfd_create, ENOSYS},
    {CALL_MEMFD_SECRET, ENOSYS},
    {SYS_shmget, EPERM},
    {SYS_shmat, EPERM},
    {SYS_msgget, EPERM},
    {SYS_semget, EPERM},
    {SYS_mq_open, EPERM},

    /* Large parts of the kernel that untrusted code should not meet. */
    {SYS_bpf, EPERM},
    {SYS_perf_event_open, EPERM},
    {SYS_userfaultfd, EPERM},
    {SYS_io_uring_setup, EPERM},
    {SYS_io_uring_enter, EPERM},
    {SYS_io_uring_register, EPERM},
    {SYS_keyctl, EPERM},
    {SYS_add_key, EPERM},
    {SYS_request_key, EPERM},
    {SYS_personality, EPERM},

    /* The machine. */
    {SYS_kexec_load, EPERM},
    {SYS_init_module, EPERM},
    {SYS_finit_module, EPERM},
    {SYS_delete_module, EPERM},
    {SYS_reboot, EPERM},
    {SYS_swapon, EPERM},
    {SYS_swapoff, EPERM},
    {SYS_syslog, EPERM},
    {SYS_acct, EPERM},
    {SYS_settimeofday, EPERM},
    {SYS_clock_settime, EPERM},
    {SYS_clock_adjtime, EPERM},
    {SYS_adjtimex, EPERM},
    {SYS_sethostname, EPERM},
    {SYS_setdomainname, EPERM},
    {SYS_vhangup, EPERM},
#ifdef SYS_kexec_file_load
    {SYS_kexec_file_load, EPERM},
#endif

    /* Older forms, where the architecture has them. */
#ifdef __x86_64__
    {SYS_chown, EPERM},
    {SYS_lchown, EPERM},
    {SYS_utime, ENOSYS},
    {SYS_utimes, ENOSYS},
    {SYS_futimesat, ENOSYS},
    {SYS_uselib, EPERM},
    {SYS_iopl, EPERM},
    {SYS_ioperm, EPERM},
    {SYS_modify_ldt, EPERM},
#endif
};

const size_t denied_count = sizeof denied_calls / sizeof *denied_calls;
