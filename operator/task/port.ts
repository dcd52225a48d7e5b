// What others may ask of a Task's status. This folder is its only writer; each proposal says a fact, never a wish about fields.
import type { Task } from '#api/v1alpha1/task.ts';
import type { Proposal } from './decide/proposal.ts';

/** What became of a proposal. */
export type ProposalAnswer =
  /** The API server acknowledged it, now or before. */
  | { readonly kind: 'recorded'; readonly task: Task }
  /** The task is decided otherwise. */
  | { readonly kind: 'decidedOtherwise'; readonly task: Task }
  /** Another assignment is recorded, and nobody has ended it. */
  | { readonly kind: 'overtaken'; readonly task: Task }
  /** The object is gone. */
  | { readonly kind: 'gone' };

/** Hands a proposal to the writer. Proposals of one task are carried out one after the other. */
export interface TaskLedger {
  propose(task: Task, proposal: Proposal): Promise<ProposalAnswer>;
}
