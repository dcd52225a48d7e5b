// Other processes of the same user: the agent itself, and a victim beside it.
import type { EscapeProbe, EscapeProbes } from '#sandbox/escape/probe.ts';

const traced = (...tries: readonly string[]): EscapeProbe => ({ tries, free: true });
const freeWord = (...tries: readonly string[]): EscapeProbe => ({ tries, byWord: true, free: true });
const word = (...tries: readonly string[]): EscapeProbe => ({ tries, byWord: true });
const [SIGKILL, SIGSTOP, SIGUSR1, SIGUSR2, SIGWINCH] = ['9', '19', '10', '12', '28'];

export const processProbes: EscapeProbes = {
  'the environment of the agent is read': traced('read', '/proc/$AGENT/environ'),
  'the memory map of the agent is read': freeWord('read', '/proc/$AGENT/maps'),
  'the memory of the agent is opened': freeWord('open', '/proc/$AGENT/mem'),
  'the command line of the agent is read': freeWord('read', '/proc/$AGENT/cmdline'),
  'the files of the agent are reached over its folder': freeWord('list', '/proc/$AGENT/cwd'),
  'the environment of the first process is read': word('read', '/proc/1/environ'),
  'the memory of the agent is copied': freeWord('read-memory', '$AGENT', '$ADDRESS'),
  'the memory of the agent is written': word('write-memory', '$AGENT', '$ADDRESS'),
  'the victim is traced': traced('attach', '$VICTIM'),
  'the victim is seized': freeWord('seize', '$VICTIM'),
  'a descriptor of the agent is taken': freeWord('take-descriptor', '$AGENT'),
  'a handle of the agent is opened': freeWord('open-pidfd', '$AGENT'),
  'the agent is compared': word('compare', '$AGENT'),
  'the agent is asked for a sign of life': freeWord('signal', '$AGENT', '0'),
  'the victim is killed': traced('signal', '$VICTIM', SIGKILL),
  'the victim is stopped': traced('signal', '$VICTIM', SIGSTOP),
  'the agent is told to open its debugger': word('signal', '$AGENT', SIGUSR1),
  'the group of the agent gets a signal': freeWord('signal', '-$GROUP', SIGWINCH),
  'every process of the user gets a signal': traced('signal', '-1', SIGUSR2),
  'the first process gets a signal': word('signal', '1', '0'),
  'a thread of the victim is killed': traced('signal-thread', '$VICTIM', SIGKILL),
  'a signal is queued for the victim': traced('queue-signal', '$VICTIM', SIGKILL),
  'the kernel is asked to signal the victim': traced('signal-by-input', '$VICTIM', SIGKILL),
  'the supervisor of the run is killed': word('signal-parent', SIGKILL),
  'the supervisor of the run is stopped': word('signal-parent', SIGSTOP),
  'a limit of the victim is lowered': traced('lower-limit', '$VICTIM'),
  'a limit of the victim is read': freeWord('read-limit', '$VICTIM'),
  'own limits are raised': word('raise-own-limits'),
  'the priority of the victim is lowered': traced('lower-priority', '$VICTIM'),
  'the priority of all processes of the user is lowered': word('lower-priority-of-user'),
  'the own priority is raised': word('raise-own-priority'),
  'the victim is bound to one processor': traced('pin', '$VICTIM'),
  'the victim is made to run when nothing else does': traced('make-idle', '$VICTIM'),
  'the victim is made to wait for disks': freeWord('starve-input', '$VICTIM'),
  'the victim is offered to the killer of the system': traced('write', '/proc/$VICTIM/oom_score_adj', '1000'),
  'orphans without parent, session and open files stay behind': { tries: ['leave-orphans'] },
  'orphans with a new program and an empty environment stay behind': { tries: ['leave-renamed-orphans', '$SELF'], free: true },
  'orphans of Node stay behind': {
    program: 'node',
    tries: ['-e', 'require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { detached: true, stdio: "ignore", env: {} }).unref()'],
    free: true,
  },
  'a program that ignores every signal stays behind': { tries: ['ignore-everything'], limits: { wallMs: 300 }, ends: { ending: 'timeout' } },
};
