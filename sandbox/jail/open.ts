// Finds out what the jail can enforce on this host, once, by running it; what it cannot is told in words.
import { execFile } from 'node:child_process';
import type { Clock } from '#platform/clock.ts';
import type { BoundaryReport } from '#sandbox/port.ts';
import { argumentsOf } from './arguments.ts';
import { bareJail } from './bare.ts';
import { startJailed } from './jailed.ts';
import type { Jail } from './launcher.ts';
import { objectOf } from './report.ts';

const probeMs = 10_000;
/** First Landlock version with a rule on cutting files short. */
const landlockWithTruncate = 3;

/** What `jail --probe` found out by trying. */
interface Facts {
  readonly landlockAbi: number;
  readonly files: boolean;
  readonly signals: boolean;
  readonly calls: boolean;
  readonly listener: boolean;
  readonly uid: number;
}

export interface JailHost {
  /** The jail's program. */
  readonly program: string;
  readonly clock: Clock;
  /** Use no Landlock version above this one; the kernel's own unless told. */
  readonly landlockAtMost?: number;
}

/** The jail of this host. Where it cannot confine files, what is started runs without walls, and the report says why. */
export async function openJail({ program, clock, landlockAtMost }: JailHost): Promise<Jail> {
  const extra = landlockAtMost === undefined ? [] : ['--landlock-at-most', String(landlockAtMost)];
  const probed = await probe(program, extra);
  if (typeof probed === 'string') return bareJail(probed, clock);
  const reasons = gapsOf(probed);
  const report: BoundaryReport = { boundary: reasons.length === 0 ? 'full' : 'partial', reasons };
  return { report, start: (order) => startJailed(program, [...extra, ...argumentsOf(order, reasons.length > 0)], order) };
}

/** The facts, or why there is no jail. */
function probe(program: string, extra: readonly string[]): Promise<Facts | string> {
  return new Promise((resolve) => {
    execFile(program, [...extra, '--probe'], { timeout: probeMs, env: {} }, (error, stdout) => {
      if (error !== null) return resolve(`no jail is at work on this agent: ${program} ${'code' in error && error.code === 'ENOENT' ? 'does not exist' : `failed (${error.message.split('\n')[0] ?? ''})`}`);
      const facts = factsOf(stdout);
      if (facts === undefined) return resolve(`no jail is at work on this agent: ${program} gave an answer that is not understood`);
      resolve(facts.files ? facts : `no jail is at work on this agent: its kernel, or what filters its calls, has no Landlock (version ${facts.landlockAbi})`);
    });
  });
}

function factsOf(text: string): Facts | undefined {
  const { landlockAbi, files, signals, calls, listener, uid } = objectOf(text);
  if (typeof landlockAbi !== 'number' || typeof uid !== 'number') return undefined;
  return { landlockAbi, uid, files: files === true, signals: signals === true, calls: calls === true, listener: listener === true };
}

/** What is not enforced, for people. */
function gapsOf({ landlockAbi, signals, calls, listener, uid }: Facts): string[] {
  const gaps: readonly (readonly [boolean, string])[] = [
    [!signals, `signals reach other processes of the agent's user: Landlock ${landlockAbi} has no scopes (Linux 6.12 has), so runs are killed process by process`],
    [landlockAbi < landlockWithTruncate, `files of the agent's user outside can be cut short: Landlock ${landlockAbi} has no rule for it (Linux 6.2 has)`],
    [!calls, 'system calls are not filtered: the network is open, and ptrace, priorities and limits of other processes are within reach'],
    [calls && !listener, "mode and times of files of the agent's user outside can be changed: there is another seccomp listener, or the kernel has none"],
    [uid === 0, 'the agent runs as root: files of root outside can be seen by their names, and the kernel does not limit its number of processes; give the pod a user of its own'],
  ];
  return gaps.filter(([isOpen]) => isOpen).map(([, words]) => words);
}
