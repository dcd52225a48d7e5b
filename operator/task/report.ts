// An attempt's end, as its agent tells it.
import type { OutcomeReason } from '#api/conditions.ts';
import type { TaskResult } from '#api/v1alpha1/task.ts';
import type { AttemptRef } from './agents-port.ts';
import type { AttemptResult } from './decide/proposal.ts';

/** Checked at the door. */
export interface Report extends AttemptRef {
  readonly result: Extract<TaskResult, 'Succeeded' | 'Failed'>;
  readonly reason: OutcomeReason;
  readonly message: string;
  readonly output: AttemptResult;
}
