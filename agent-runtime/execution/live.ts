// What of an attempt changes while it runs, as its runner sees it.
import type { Artifact, Epoch } from '#api/v1alpha1/schema.ts';
import type { TaskLog } from '#agent-runtime/log.ts';

/** Why an attempt is stopped, as the reason of its signal. Only `agentStopped` and `deadline` are reported; for the others nobody waits. */
export type StopReason = 'deadline' | 'agentStopped' | 'aborted' | 'leaseLost' | 'emergency';

/** What is stored of an attempt so that another agent can go on from there. */
export interface Checkpoint {
  readonly talk: Artifact;
  /** What was changed until then; absent when nothing was. */
  readonly bundle?: Artifact;
  /** Commit inside that bundle; empty without one. */
  readonly commit: string;
  readonly turns: number;
}

export interface Live {
  /** Aborts with a StopReason. */
  readonly signal: AbortSignal;
  readonly log: TaskLog;
  /** The newest epoch: another leader goes on under another one. */
  readonly epoch: () => Epoch;
  /** The newest grant for the blob service. */
  readonly grant: () => string;
  /** The newest grant for the LLM gateway; empty where there is none. */
  readonly llmGrant: () => string;
  /** Tells how far the attempt is, 0 to 100. */
  readonly progress: (percent: number, message: string) => void;
  /** Tells that a checkpoint was stored; none is made where nobody hears of it. */
  readonly kept?: (checkpoint: Checkpoint) => void;
  /** True once the agent takes no new work: it may be gone soon. */
  readonly isLeaving?: () => boolean;
}

/** True when the attempt was stopped for a reason that nobody waits to hear of. */
export function isForgotten({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason !== 'agentStopped' && reason !== 'deadline';
}
