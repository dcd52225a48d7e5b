// The simulated bench: all arms over the whole corpus, then the error of the small model swept. No model is asked.
import { arms, competent, everything, naive, withoutCascade } from './arms.ts';
import type { Certificates } from './certificates.ts';
import type { CorpusMission } from './corpus/missions.ts';
import { breakEven, costRows, type Figures, figuresOf, leverTable, type SweepPoint, sweepTable } from './figures.ts';
import { type Measured, type Measurement, measureArm, onLanes } from './measure.ts';
import { TestRuns } from './test-runs.ts';

/** Error of the small model in the table of levers and in all rows. */
export const usualErrorRate = 0.2;
/** Besides the usual one; the last is a model that gets nothing done. */
const sweptErrorRates = [0, 0.1, 0.3, 0.4, 1] as const;
const lanes = 2;

const progress = (line: string): void => void process.stderr.write(`${line}\n`);

/** Measures, and tells with `say`. */
export async function measureSimulated(missions: readonly CorpusMission[], people: Certificates, say: (line: string) => void) {
  // What was run once in a pass is known to all arms of it.
  const [once, again] = [new TestRuns(), new TestRuns()];
  const skill = { errorRate: usualErrorRate };
  const work: readonly Measurement[] = [
    ...arms.map((arm) => ({ arm, skill, rounds: arm.levers.reuse ? [once, again] : [once] })),
    ...sweptErrorRates.map((errorRate) => ({ arm: everything, skill: { errorRate }, rounds: [once] })),
  ];
  const measured = await onLanes(lanes, work, (measurement) => {
    progress(`measuring ${measurement.arm.name}, the small model errs in ${measurement.skill.errorRate * 100} %`);
    return measureArm(measurement, missions, people);
  });
  const [levers, swept] = [measured.slice(0, arms.length), measured.slice(arms.length)];
  const of = (name: string, round = 0): Figures => figuresOf(levers.find(({ measurement }) => measurement.arm.name === name)?.rounds[round] ?? []);
  const points: readonly SweepPoint[] = [...swept.map(pointOf), { errorRate: usualErrorRate, figures: of(everything.name) }].toSorted((a, b) => a.errorRate - b.errorRate);
  tell(say, { levers, points, naive: of(naive.name), without: of(withoutCascade.name) });
  const rows = costRows({ naive: of(naive.name), competent: of(competent.name), everything: of(everything.name), repeated: of(everything.name, 1) }, { source: 'simulated', command: 'make bench-cost' });
  return { rows, failed: levers.flatMap(({ rounds }) => rounds.flat()).filter(({ isProven }) => !isProven) };
}

function pointOf({ measurement: { skill: { errorRate } }, rounds: [once = []] }: Measured): SweepPoint {
  return { errorRate, figures: figuresOf(once) };
}

function tell(say: (line: string) => void, { levers, points, naive: first, without }: { readonly levers: readonly Measured[]; readonly points: readonly SweepPoint[]; readonly naive: Figures; readonly without: Figures }): void {
  say(`\nLevers (simulated; the small model errs in ${usualErrorRate * 100} %)\n`);
  say(leverTable(levers));
  say('\nError of the small model (simulated; all levers)\n');
  say(sweepTable(points, first, without));
  const at = breakEven(points, without.costMicroUsd);
  say(at === undefined ? '\nThe cascade pays at every error rate that was measured.' : `\nThe cascade stops to pay when the small model errs in about ${Math.round(at * 100)} % (by a straight line between measured points).`);
}
