// Which agents leave. A connected one is drained first and deleted when it has no task left: no policy here ever deletes a busy agent.
import type { Instant } from '#api/time.ts';
import { dismiss, removal, without } from './dismiss.ts';
import { isBusy, isCapacity } from './members.ts';
import { earliest, nothing, type Policy } from './situation.ts';
import type { PoolMemory } from './view.ts';

/** A drained agent that still works is looked at again after this time, should nobody tell, milliseconds. */
const drainLookMs = 5000;
/** Failures older than this are forgotten, milliseconds. */
const failureMemoryMs = 600_000;

/** Pods that are over for good (evicted, lost with their node) make room; how often that happens slows down their replacement. */
export const endedPodsAreDeleted: Policy = (situation) => {
  const { memory, members, now } = situation;
  const ended = members.filter(({ standing }) => standing === 'ended');
  if (ended.length === 0) return nothing(situation);
  return {
    intents: ended.map(({ pod }) => removal(pod, `the pod is over: ${pod.exit?.reason ?? pod.phase}`, false)),
    after: { ...situation, memory: { ...memory, failures: nextFailure(memory.failures, now) } },
  };
};

/** One more failure; those of long ago are forgotten. */
export function nextFailure({ count, at }: PoolMemory['failures'], now: Instant): PoolMemory['failures'] {
  return { count: now - at > failureMemoryMs ? 1 : count + 1, at: now };
}

/** An agent that takes no new tasks goes as soon as it has none. */
export const drainedAgentsAreDeleted: Policy = (situation) => {
  const draining = situation.members.filter(({ standing }) => standing === 'draining');
  const done = draining.filter((member) => !isBusy(member));
  const intents = done.map(({ pod }) => removal(pod, 'drained, and its tasks are done'));
  const step = { intents, after: without(situation, done) };
  return done.length === draining.length ? step : { ...step, wakeAfterMs: drainLookMs };
};

/** A limit that the user sets counts at once, for busy agents too: they finish what they have. */
export const agentsBeyondTheLimitLeave: Policy = (situation) => {
  const { ceiling } = situation.wishes;
  const capacity = situation.members.filter(isCapacity);
  const why = situation.view.pool.spec.operatingMode === 'Drain' ? 'operatingMode is Drain' : `${capacity.length} agents, the limit is ${ceiling}`;
  return dismiss(situation, capacity, { count: capacity.length - ceiling, idleMs: 0, busyToo: true, why });
};

/** Agents that nobody needs leave once they have been idle for long enough. */
export const idleAgentsLeave: Policy = (situation) => {
  const { wishes, view } = situation;
  if (view.pool.spec.operatingMode === 'Pause') return nothing(situation);
  const { idleSeconds } = view.pool.spec.scaling;
  const capacity = situation.members.filter(isCapacity);
  const why = `idle for ${idleSeconds} s or longer, ${wishes.target} of ${capacity.length} agents are wanted`;
  const step = dismiss(situation, capacity, { count: capacity.length - wishes.target, idleMs: idleSeconds * 1000, busyToo: false, why });
  const wakeAfterMs = earliest(step.wakeAfterMs, wishes.fallsAfterMs);
  return wakeAfterMs === undefined ? step : { ...step, wakeAfterMs };
};

/** Agents of an earlier template are replaced: those without a process at once, the others one at a time, idle ones first. */
export const staleAgentsAreReplaced: Policy = (situation) => {
  if (situation.view.pool.spec.operatingMode === 'Pause') return nothing(situation);
  const why = 'made from an earlier template';
  const stale = situation.members.filter((member) => member.stale && isCapacity(member));
  const down = stale.filter(({ standing }) => standing === 'down');
  const step = dismiss(situation, down, { count: down.length, idleMs: 0, busyToo: false, why });
  const isMoving = step.after.members.some(({ stale: old, standing }) => (old ? standing === 'draining' || standing === 'terminating' : standing === 'down' || standing === 'silent'));
  if (isMoving) return step;
  return dismiss(situation, stale, { count: Math.min(stale.length, 1), idleMs: 0, busyToo: true, why });
};
