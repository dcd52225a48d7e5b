// From a slot to an order on the wire: what the agent needs is gathered, the trace written where one is owed, then the order leaves.
import type { Task } from '#api/v1alpha1/task.ts';
import type { AgentView } from './agents-port.ts';
import { type AttemptsDeps, isLive, newest, release } from './attempt-deps.ts';
import type { LiveAttempt } from './book.ts';
import { makeOrder } from './order.ts';

/** What became of an order. */
export type Sent =
  | { readonly kind: 'sent' }
  /** The task was decided or is gone; its slot is free again. */
  | { readonly kind: 'over' }
  /** The agent is not connected: nothing left. */
  | { readonly kind: 'undeliverable' }
  /** The API server holds another assignment that has not ended. */
  | { readonly kind: 'overtaken'; readonly task: Task };

/** Sends the order for an attempt; `recordFirst` asks for a trace where none is owed otherwise. */
export async function send(deps: AttemptsDeps, live: LiveAttempt, agent: AgentView, recordFirst: boolean): Promise<Sent> {
  const { ledger, agents, sources, clock, listener } = deps;
  const { task, attempt, assignment, resumes: checkpoint } = live;
  const answer = await makeOrder({ task, attempt, assignment, agent, checkpoint }, sources);
  if (!isLive(deps, live)) return { kind: 'over' };
  if (answer.kind === 'refused') {
    await ledger.propose(newest(deps, task), { kind: 'outcome', result: 'Failed', reason: answer.reason, message: answer.message });
    release(deps, live);
    return { kind: 'over' };
  }
  if (recordFirst || attempt > 1 || task.spec.sideEffects === 'External') {
    const refusal = await record(deps, live);
    if (refusal !== undefined) return refusal;
  }
  live.state = 'sent';
  live.sentAt = clock.monotonic();
  if (!agents.assign(agent.uid, answer.order)) return { kind: 'undeliverable' };
  listener.said(task, 'Assigned', agent.pod, assignment.matchReason);
  return { kind: 'sent' };
}

async function record(deps: AttemptsDeps, live: LiveAttempt): Promise<Sent | undefined> {
  const { attempt, assignment } = live;
  const answer = await deps.ledger.propose(newest(deps, live.task), { kind: 'assigned', attempt, assignment });
  if (answer.kind === 'overtaken') return answer;
  if (answer.kind === 'recorded' && isLive(deps, live)) {
    live.traced = true;
    return undefined;
  }
  release(deps, live);
  return { kind: 'over' };
}

/** Sends an order once more that may not have arrived; its agent knows it by its number. False when it cannot be made any more. */
export async function sendAgain(deps: AttemptsDeps, live: LiveAttempt, agent: AgentView): Promise<boolean> {
  const { task, attempt, assignment, resumes: checkpoint } = live;
  const answer = await makeOrder({ task, attempt, assignment, agent, checkpoint }, deps.sources);
  if (answer.kind === 'order' && isLive(deps, live) && live.state === 'sent') deps.agents.assign(agent.uid, answer.order);
  return answer.kind === 'order';
}
