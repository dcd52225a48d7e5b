// More than is due: each must end as its limit says, and leave nothing behind.
import type { EscapeProbes } from '#sandbox/escape/probe.ts';

const MiB = 1024 ** 2;
const memory = { memoryBytes: 96 * MiB } as const;
const outOfMemory = { ending: 'outOfMemory' } as const;

export const resourceProbes: EscapeProbes = {
  'forks without end outlive their time': { tries: ['bomb-forks'], limits: { wallMs: 700, processes: 64 }, ends: { ending: 'timeout' } },
  'more threads than allowed are started': { tries: ['bomb-threads', '3000'], limits: { processes: 64 }, byWord: true, ends: { ending: 'failed' }, free: true },
  'one process takes more memory than allowed': { tries: ['fill-memory'], limits: memory, ends: outOfMemory },
  'shared memory is more than allowed': { tries: ['fill-shared-memory'], limits: memory, ends: outOfMemory },
  'eight processes take more memory together than allowed': { tries: ['fill-memory-of-many'], limits: memory, ends: outOfMemory },
  'memory is taken as files that count for nobody': { tries: ['fill-memory-files'], limits: memory, byWord: true, free: true },
  'all descriptors of the host are taken': { tries: ['take-descriptors'], ends: { ending: 'failed', exitCode: 1 } },
  'a file is larger than allowed': { tries: ['fill-file', '$MANY_MIB'], byWord: true },
  'a core file is written': { tries: ['dump-core'], ends: { ending: 'failed', signal: 'SIGABRT' } },
  'output floods the agent': { tries: ['flood', '1'], ends: { ending: 'outputCap' } },
  'errors flood the agent': { tries: ['flood', '2'], ends: { ending: 'outputCap' } },
  'CPU time is used beyond the limit': { tries: ['burn'], limits: { cpuMs: 400 }, ends: { ending: 'timeout' } },
  'time is used beyond the limit': { tries: ['idle'], limits: { wallMs: 400 }, ends: { ending: 'timeout' } },
  'a report is forged': { tries: ['forge-report'], ends: { ending: 'failed', exitCode: 7 } },
};
