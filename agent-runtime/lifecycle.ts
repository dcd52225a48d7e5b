// The states of an agent. A state is told from facts, never stored beside them: the two cannot disagree.

/**
 * STARTING: no leader has answered yet. IDLE: connected once, holds nothing. BUSY: runs or keeps at least one attempt.
 * DRAINING: takes no new work and leaves when it holds nothing. STOPPED: has left. FAILED: was stopped by emergency; only a new process helps.
 */
export type AgentState = 'STARTING' | 'IDLE' | 'BUSY' | 'DRAINING' | 'STOPPED' | 'FAILED';

export interface LifecycleFacts {
  /** A leader has answered at least once. */
  readonly met: boolean;
  /** Attempts that run, or whose result is kept. */
  readonly held: number;
  readonly draining: boolean;
  readonly ended: 'no' | 'drained' | 'emergency';
}

/** The state that these facts make. */
export function stateOf({ met, held, draining, ended }: LifecycleFacts): AgentState {
  if (ended !== 'no') return ended === 'drained' ? 'STOPPED' : 'FAILED';
  if (draining) return 'DRAINING';
  if (held > 0) return 'BUSY';
  return met ? 'IDLE' : 'STARTING';
}
