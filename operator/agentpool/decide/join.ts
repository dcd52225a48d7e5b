// Which agents are created, and when not: every brake has an end, and the caller is told when to look again.
import { isCapacity, takesRoom } from './members.ts';
import { buildPod } from './pod.ts';
import { nothing, type Policy, type Situation } from './situation.ts';
import type { NotedIntent } from './view.ts';

/** Wait for the installation's CA, milliseconds: without it an agent could trust nobody. */
const caLookMs = 1000;

/** Agents that are wanted and not there are created at once. */
export const missingAgentsAreCreated: Policy = (situation) => {
  const { view, wishes, members, health } = situation;
  const present = members.filter(isCapacity).length;
  const room = wishes.room - members.filter(takesRoom).length;
  const missing = Math.min(wishes.target - present, room);
  if (missing <= 0 || health.templateFails) return nothing(situation);
  if (view.settings.caBundle === undefined) return nothing(situation, caLookMs);
  const brakeMs = Math.max(failureBrakeMs(situation), refusalBrakeMs(situation));
  if (brakeMs > 0) return nothing(situation, brakeMs);
  // After a refusal one pod finds out whether more would be let in.
  const asked = isRefused(situation) ? 1 : missing;
  const granted = Math.min(asked, view.tokens.available);
  const why = `agents: ${wishes.target} wanted, ${present} there; ${wishes.why}`;
  const step = { intents: creations(situation, granted, why), after: situation };
  return granted < asked ? { ...step, wakeAfterMs: Math.max(view.tokens.nextMs, 1) } : step;
};

function creations({ view }: Situation, count: number, why: string): NotedIntent[] {
  const taken = new Set(view.pods.map(({ metadata }) => metadata.name));
  return view.freshNames
    .filter((name) => !taken.has(name))
    .slice(0, count)
    .map((name) => ({ kind: 'createPod', pod: buildPod(view.pool, name, view.settings), why, note: `creates agent ${name}: ${why}` }));
}

// The first loss is replaced at once; a pool whose pods keep ending waits 10 s, 20 s and so on, five minutes at most.
function failureBrakeMs({ memory: { failures }, now }: Situation): number {
  if (failures.count < 2) return 0;
  return Math.max(failures.at + Math.min(10_000 * 2 ** (failures.count - 2), 300_000) - now, 0);
}

function refusalBrakeMs(situation: Situation): number {
  const { refusal } = situation.view;
  if (refusal === undefined || !isRefused(situation)) return 0;
  return Math.max(refusal.at + Math.min(2000 * 2 ** (refusal.count - 1), 30_000) - situation.now, 0);
}

/** A refusal of an earlier spec says nothing about this one. */
function isRefused({ view: { pool, refusal } }: Situation): boolean {
  return refusal?.generation === pool.metadata.generation;
}
