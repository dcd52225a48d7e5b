// From the cheapest model to the strongest: each works until it is done or does not get there, and then the next one begins anew.
import type { End, Thought } from './loop.ts';

export interface Climb {
  /** Models from the cheapest to the strongest; undefined stands for the one of the installation. */
  readonly tiers: readonly (string | undefined)[];
  /** Index of the tier to begin with; the last one when there are fewer. */
  readonly first: number;
  /** Turns of all tiers together. */
  readonly maxTurns: number;
  readonly signal: AbortSignal;
  /** Tries that have ended already, with another agent; the next one follows them. */
  readonly tried?: readonly Tried[];
}

/** The work of one tier, before it begins. */
export interface Try {
  /** Counted from 1. */
  readonly tier: number;
  readonly modelName: string | undefined;
  readonly maxTurns: number;
  /** Turns that the tiers before it had. */
  readonly turnsBefore: number;
  /** Set when another tier comes before or after it. */
  readonly isOneOfMany: boolean;
}

/** A try that has ended. */
export interface Tried extends Try {
  readonly thought: Thought;
}

/** All tries in their order, and the last of them: how it ended. */
export interface Climbed {
  readonly tries: readonly Tried[];
  readonly last: Tried;
}

/** Works tier by tier until one of them is done, or nothing helps. */
export async function climb({ tiers, first, maxTurns, signal, tried: before = [] }: Climb, work: (next: Try) => Promise<Thought>): Promise<Climbed> {
  const start = Math.min(first, tiers.length - 1);
  const tried: Tried[] = [...before];
  for (let index = start + tried.length; ; index += 1) {
    const turnsBefore = tried.reduce((sum, { thought }) => sum + thought.turns.length, 0);
    const share = Math.ceil((maxTurns - turnsBefore) / (tiers.length - index));
    const next: Try = { tier: index + 1, modelName: tiers[index], maxTurns: share, turnsBefore, isOneOfMany: start < tiers.length - 1 };
    const done: Tried = { ...next, thought: await work(next) };
    tried.push(done);
    const isLast = index + 1 >= tiers.length || turnsBefore + done.thought.turns.length >= maxTurns;
    if (isLast || signal.aborted || !wantsStronger(done.thought.end)) return { tries: tried, last: done };
  }
}

/** True for an end that another model might not have come to; a budget, or nobody there to answer, is the same for all. */
function wantsStronger({ kind }: End): boolean {
  return kind === 'gaveUp' || kind === 'stuck' || kind === 'limit' || kind === 'declined';
}
