// Lets one probe loose and says what came of it.
import type { Limits, RunResult } from '#sandbox/port.ts';
import { differences, plantedIn, survivors, traces } from './damage.ts';
import { canary, type Host } from './host.ts';
import type { EscapeProbe } from './probe.ts';
import type { Runner } from './runner.ts';

const MiB = 1024 ** 2;
const usual: Limits = { wallMs: 10_000, outputBytes: 64 * 1024, processes: 128, memoryBytes: 256 * MiB };
/** Exit codes of the probe program. */
const [through, notTried] = [0, 2];

/** What came of a probe. */
export interface Outcome {
  /** Sentences about what got through; empty when all was held. */
  readonly breaches: readonly string[];
  readonly result: RunResult;
}

/** Runs `probe` and compares the host before and after. What was left behind is removed and killed. */
export async function attempt(probe: EscapeProbe, runner: Runner, host: Host): Promise<Outcome> {
  const before = await traces(host, runner.runs);
  const command = [probe.program ?? 'probe', ...probe.tries.map((word) => named(word, host))];
  const ended = await runner.run(command, { ...usual, ...probe.limits });
  const { result, folder } = ended;
  const left = survivors([process.pid, host.victim.pid ?? 0]);
  const breaches = [
    ...left.map((pid) => `process ${pid} has outlived the run`),
    ...differences(before, await traces(host, runner.runs)),
    ...(await plantedIn(folder)),
    ...leaks(result),
    ...words(probe, result),
  ];
  left.forEach(end);
  await ended.dispose();
  return { breaches, result };
}

function named(word: string, { words: known }: Host): string {
  return [...known].reduce((text, [name, value]) => text.replaceAll(name, value), word);
}

function leaks({ stdout, stderr }: RunResult): string[] {
  return `${stdout}${stderr}`.includes(canary) ? ['a secret is in the output'] : [];
}

function words({ byWord, ends, program }: EscapeProbe, result: RunResult): string[] {
  const said = program === undefined && result.exitCode === notTried ? [`it could not be tried: ${result.stderr.trim()}`] : [];
  if (byWord === true && result.exitCode === through) said.push('the call went through');
  if (result.ending === 'denied' || result.ending === 'missingTool') said.push(`it did not run: ${result.message ?? ''}`);
  const wrong = Object.entries(ends ?? {}).filter(([name, value]) => result[name as keyof RunResult] !== value);
  return [...said, ...wrong.map(([name, value]) => `${name} is ${String(result[name as keyof RunResult])}, not ${String(value)}`)];
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
