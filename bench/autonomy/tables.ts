// What the bench prints: how often each fault was survived, then every mission that did not get there, and why.
import { textTable } from '#bench/report.ts';
import { faults } from './faults.ts';
import type { Errors } from './model.ts';
import type { Verdict } from './score.ts';

/** Two texts: a line for each fault that was met, and a line for each miss. */
export function verdictTables(verdicts: readonly Verdict[], errors: Errors): readonly [string, string] {
  const arms = [{ name: undefined, what: `${inWords(errors)} (simulated), as everywhere below` }, ...faults];
  const lines = arms.map(({ name, what }) => armLine(name, what, verdicts.filter(({ fault }) => fault === name))).filter(([, runs]) => runs !== '0');
  const misses = verdicts.filter(({ isMade }) => !isMade).map(({ mission, fault = alone, seconds, words }) => [mission, fault, seconds.toFixed(1), words]);
  const summary = textTable(['fault', 'runs', 'made', 'replans', 'median s', 'what is done'], lines);
  return [summary, misses.length === 0 ? 'Every mission got there.' : textTable(['not made', 'fault', 's', 'why'], misses)];
}

function inWords({ errorRate, boastRate }: Errors): string {
  const boasts = boastRate === 0 ? '' : `, and calls ${boastRate * 100} % of what it gives up done`;
  return `a model that errs in ${errorRate * 100} % of its edits, tasks and plans${boasts}`;
}

const alone = 'left alone';

function armLine(name: string | undefined, what: string, of: readonly Verdict[]): readonly string[] {
  const made = of.filter(({ isMade }) => isMade).length;
  const replans = of.reduce((sum, verdict) => sum + verdict.replans, 0);
  const seconds = of.map((verdict) => verdict.seconds).toSorted((a, b) => a - b);
  return [name ?? alone, String(of.length), String(made), String(replans), (seconds[Math.floor(seconds.length / 2)] ?? 0).toFixed(1), what];
}
