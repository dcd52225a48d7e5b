// What of an attempt changes while it runs, as its runner sees it.
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { TaskLog } from '#agent-runtime/log.ts';

/** Why an attempt is stopped, as the reason of its signal. Only `agentStopped` and `deadline` are reported; for the others nobody waits. */
export type StopReason = 'deadline' | 'agentStopped' | 'aborted' | 'leaseLost' | 'emergency';

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
}

/** True when the attempt was stopped for a reason that nobody waits to hear of. */
export function isForgotten({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason !== 'agentStopped' && reason !== 'deadline';
}
