// What the operator does about a pool. The list of policies is the product's behaviour, in order.
import type { Instant } from '#api/time.ts';
import type { AgentPoolStatus } from '#api/v1alpha1/agentpool.ts';
import { findCondition } from '#domain/conditions.ts';
import { missingAgentsAreCreated } from './join.ts';
import { agentsBeyondTheLimitLeave, drainedAgentsAreDeleted, endedPodsAreDeleted, idleAgentsLeave, staleAgentsAreReplaced } from './leave.ts';
import { mirroredWakeMs } from './mirrored.ts';
import { earliest, type Policy, situationOf } from './situation.ts';
import { poolStatus } from './status.ts';
import type { NotedIntent, PoolDecision, PoolView } from './view.ts';

/** Each speaks in turn and sees who has left before it; the last one fills the gaps. */
const policies: readonly Policy[] = [
  endedPodsAreDeleted,
  drainedAgentsAreDeleted,
  agentsBeyondTheLimitLeave,
  idleAgentsLeave,
  staleAgentsAreReplaced,
  missingAgentsAreCreated,
];

/** Decides what to do next about one pool. Pure and total: carried out and decided again it leaves nothing to do but to delete the agents it drained. */
export function decidePool(view: PoolView, now: Instant): PoolDecision {
  // The garbage collector takes the pods of a pool that is being deleted.
  if (view.pool.metadata.deletionTimestamp !== undefined) return { intents: [], seen: view.memory };
  const start = situationOf(view, now);
  let situation = start;
  const intents: NotedIntent[] = [];
  const wakes: (number | undefined)[] = [];
  for (const policy of policies) {
    const step = policy(situation);
    intents.push(...step.intents);
    wakes.push(step.wakeAfterMs);
    situation = step.after;
  }
  const status = poolStatus(start);
  const wakeAfterMs = earliest(...wakes, mirroredWakeMs(start));
  const { wishes, silentSince } = start.memory;
  const decision = { intents: [...intents, ...imageErrorAnnounced(view, status)], status, seen: { wishes, silentSince } };
  return wakeAfterMs === undefined ? decision : { ...decision, wakeAfterMs };
}

function imageErrorAnnounced({ pool }: PoolView, next: AgentPoolStatus): NotedIntent[] {
  const ready = findCondition(next.conditions, 'Ready');
  if (ready?.reason !== 'ImageError' || findCondition(pool.status?.conditions, 'Ready')?.reason === 'ImageError') return [];
  return [{ kind: 'announce', reason: 'ImageError', note: ready.message }];
}
