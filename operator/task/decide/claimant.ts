// An agent and a claim, as the decisions see them.
import type { Epoch } from '#api/v1alpha1/schema.ts';

/** An agent that said hello to this leader. */
export interface AgentView {
  /** Pod UID. */
  readonly uid: string;
  readonly pod: string;
  readonly namespace: string;
  readonly pool: string;
  readonly slots: number;
  readonly agentTypes: readonly string[];
  readonly capabilities: readonly string[];
  readonly boundary: 'none' | 'partial' | 'full';
  readonly draining: boolean;
}

/** One attempt as its agent knows it. */
export interface Claim {
  readonly taskUid: string;
  readonly attempt: number;
  readonly epoch: Epoch;
  readonly finished: boolean;
  /** Digest of the kept result; empty while it runs. */
  readonly resultDigest: string;
}
