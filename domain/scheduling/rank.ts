// Who goes first: priority, then the namespace that runs least, then who was ready first.

/** A ready task, as ranking sees it. */
export interface Ranked {
  readonly namespace: string;
  /** Higher goes first. */
  readonly priority: number;
  /** Running number of becoming ready; unique. */
  readonly order: number;
}

/** Number of tasks that a namespace runs now. */
export type RunningIn = (namespace: string) => number;

/** Negative when `a` goes before `b`. Two ready tasks never compare as 0. */
export function compareRank(a: Ranked, b: Ranked, runningIn: RunningIn): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  return (a.namespace === b.namespace ? 0 : runningIn(a.namespace) - runningIn(b.namespace)) || a.order - b.order;
}
