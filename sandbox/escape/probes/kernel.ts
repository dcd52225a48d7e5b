// Calls that widen what the kernel offers. A kernel may refuse some of them to everyone; those that it grants to any user show that the probes work.
import type { EscapeProbe, EscapeProbes } from '#sandbox/escape/probe.ts';

const word = (...tries: readonly string[]): EscapeProbe => ({ tries, byWord: true });
const granted = (...tries: readonly string[]): EscapeProbe => ({ ...word(...tries), free: true });

export const kernelProbes: EscapeProbes = {
  'a user namespace is entered': word('unshare', 'user'),
  'a network namespace is entered': word('unshare', 'net'),
  'a process namespace is entered': word('unshare', 'pid'),
  'a mount namespace is entered': word('unshare', 'mount'),
  'a child is made in a user namespace': word('clone-namespace'),
  'a child is made in a user namespace by the newer call': word('clone3-namespace'),
  'the namespaces of the first process are joined': word('join-namespace', '/proc/1/ns/mnt'),
  'a file system is mounted': word('mount'),
  'a mount is cloned': word('open-tree'),
  'a file system is made': word('fsopen'),
  'the root is changed': word('chroot'),
  'a program is loaded into the kernel': word('bpf'),
  'events of the processor are counted': word('perf'),
  'page faults are handled': word('userfaultfd'),
  'a ring for input and output is made': word('io-uring'),
  'a key is kept in the kernel': granted('add-key'),
  'the keyring of the session is reached': granted('keyring'),
  'the layout of memory is made predictable': granted('personality'),
  'shared memory of System V is made': granted('shared-memory'),
  'a message queue is made': granted('message-queue'),
  'a semaphore is made': granted('semaphore'),
  'a POSIX message queue is made': word('posix-queue'),
  'memory is hidden in a file': granted('memory-file'),
  'another kernel is loaded': word('kexec'),
  'a module is loaded': word('module'),
  'the log of the kernel is read': word('kernel-log'),
  'setting of the kernel is changed': word('write', '/proc/sys/kernel/core_pattern'),
  'the system is asked to crash': word('write', '/proc/sysrq-trigger'),
  'the release agent of a control group is set': word('write', '/sys/fs/cgroup/release_agent'),
  'memory of the kernel is read': word('read', '/proc/kcore'),
  ...(process.arch === 'x64'
    ? {
        'a call by the old door is let in': { tries: ['int80'], byWord: true, ends: { signal: 'SIGSYS' } },
        'a call with other numbers is let in': { tries: ['x32'], byWord: true, ends: { signal: 'SIGSYS' } },
        'the table of segments is reached': granted('ldt'),
      }
    : {}),
};
