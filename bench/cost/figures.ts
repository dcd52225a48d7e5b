// What the measurements come to: costs, ratios to the baselines, and the error rate at which a cascade stops to pay. Plain arithmetic.
import { formatMicroUsd } from '#domain/cost/money.ts';
import { textTable } from '#bench/report.ts';
import type { BenchRow } from '#bench/row.ts';
import type { Measured } from './measure.ts';
import { type Ended, spentOn } from './mission.ts';

/** Cost and success of one pass over the corpus. */
export interface Figures {
  readonly costMicroUsd: number;
  readonly calls: number;
  /** Calls that were answered from something kept. */
  readonly kept: number;
  readonly proven: number;
  readonly heldOutProven: number;
}

/** Figures of one pass. */
export function figuresOf(ended: readonly Ended[]): Figures {
  const proven = ended.filter(({ isProven }) => isProven);
  return { ...spentOn(ended), proven: proven.length, heldOutProven: proven.filter(({ mission }) => mission.isHeldOut).length };
}

/** A lever table: each arm with its cost and how much less that is than the first one's. */
export function leverTable(measured: readonly Measured[]): string {
  const first = firstOf(measured).costMicroUsd;
  const rows = measured.map(({ measurement, rounds: [once = [], again] }) => {
    const { costMicroUsd, calls, kept, proven, heldOutProven } = figuresOf(once);
    const heldOut = once.filter(({ mission }) => mission.isHeldOut).length;
    return [measurement.arm.name, usd(costMicroUsd), ratio(first, costMicroUsd), String(calls), String(kept), `${proven}/${once.length}`, `${heldOutProven}/${heldOut}`, again === undefined ? '' : ratio(first, spentOn(again).costMicroUsd)];
  });
  return textTable(['arm', 'USD', 'naive / arm', 'calls', 'kept', 'proven', 'held out', 'naive / arm, repeated'], rows);
}

/** One point of the sweep. */
export interface SweepPoint {
  readonly errorRate: number;
  readonly figures: Figures;
}

/** The cascade at each error rate beside the same arm without it. */
export function sweepTable(points: readonly SweepPoint[], naive: Figures, without: Figures): string {
  const rows = points.map(({ errorRate, figures }) => [`${Math.round(errorRate * 100)} %`, usd(figures.costMicroUsd), ratio(naive.costMicroUsd, figures.costMicroUsd), ratio(without.costMicroUsd, figures.costMicroUsd), String(figures.proven)]);
  return textTable(['error of the small model', 'USD', 'naive / arm', 'without cascade / with', 'proven'], rows);
}

/** The error rate from which the cascade costs more than going without it, between measured points by a straight line; undefined when it pays at all of them. */
export function breakEven(points: readonly SweepPoint[], withoutMicroUsd: number): number | undefined {
  const sorted = points.toSorted((a, b) => a.errorRate - b.errorRate);
  for (const [index, { errorRate, figures: { costMicroUsd } }] of sorted.entries()) {
    if (costMicroUsd <= withoutMicroUsd) continue;
    const before = sorted[index - 1];
    if (before === undefined) return errorRate;
    const share = (withoutMicroUsd - before.figures.costMicroUsd) / (costMicroUsd - before.figures.costMicroUsd);
    return before.errorRate + share * (errorRate - before.errorRate);
  }
  return undefined;
}

/** Figures that rows are made of. */
export interface Summary {
  readonly naive: Figures;
  readonly competent: Figures;
  readonly everything: Figures;
  readonly repeated: Figures;
}

const mostTimes = 1000;

/** The rows of the bench; a ratio of 1 to the floor means no better than that baseline. */
export function costRows({ naive, competent, everything, repeated }: Summary, { source, command }: Pick<BenchRow, 'command'> & { readonly source: 'simulated' | 'live' }): BenchRow[] {
  const id = (name: string) => (source === 'live' ? `live_${name}` : name);
  const row = (name: string, value: number, unit: string): BenchRow => ({ id: id(name), value, unit, floor: 1, ratio: value, command, source });
  return [
    row('cost_ratio_corpus', quotient(naive.costMicroUsd, everything.costMicroUsd), 'times'),
    row('cost_ratio_vs_competent', quotient(competent.costMicroUsd, everything.costMicroUsd), 'times'),
    // What is free has no ratio: more than this is not told apart.
    row('cost_ratio_repeated', Math.min(mostTimes, quotient(naive.costMicroUsd, repeated.costMicroUsd)), 'times'),
    row('decision_reuse_share', quotient(repeated.kept, repeated.kept + repeated.calls), 'share'),
    row('pass_count_ratio', quotient(Math.min(everything.proven, repeated.proven), naive.proven), 'share'),
  ];
}

/** Costs that are nothing count as a micro-dollar: nothing is infinitely cheap. */
function quotient(above: number, below: number): number {
  return above / Math.max(1, below);
}

function firstOf(measured: readonly Measured[]): Figures {
  return figuresOf(measured[0]?.rounds[0] ?? []);
}

function usd(microUsd: number): string {
  return formatMicroUsd(microUsd);
}

function ratio(above: number, below: number): string {
  return quotient(above, below).toFixed(1);
}
