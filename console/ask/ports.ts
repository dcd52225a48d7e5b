// Whom the console asks what the objects do not say, with the token of the caller: what he may not know there, he does not learn here.
import type { StatsAnswer, StatsParameters } from '#api/stats.ts';
import type { Wait } from '#domain/mission/explain.ts';

/** Who asks about which mission. */
export interface Question {
  /** `Bearer ...`, as it came. */
  readonly authorization: string;
  readonly namespace: string;
  readonly mission: string;
  readonly signal: AbortSignal;
}

/** `off`: there is nobody to ask in this installation. `failed`: somebody was asked, and this is what he said. */
export type Answer<T> = { readonly kind: 'answer'; readonly value: T } | { readonly kind: 'off'; readonly why: string; readonly next: string } | { readonly kind: 'failed'; readonly why: string; readonly next: string };

/** One thing that a history says. `texts` are CloudEvents as JSON. */
export type Told = { readonly kind: 'events'; readonly texts: readonly string[] } | { readonly kind: 'gap'; readonly text: string } | { readonly kind: 'synced' };

export interface StatsQuestion extends Omit<Question, 'mission'> {
  readonly template: string;
  readonly parameters: Partial<StatsParameters>;
}

export interface Others {
  /** Why tasks of a mission wait, as the leading operator says. */
  waits(question: Question): Promise<Answer<readonly Wait[]>>;
  /** What happened to a mission, oldest first, and what happens until the signal aborts. */
  history(question: Question): Promise<Answer<AsyncIterable<Told>>>;
  stats(question: StatsQuestion): Promise<Answer<StatsAnswer>>;
}
