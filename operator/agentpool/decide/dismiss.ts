// How agents are chosen to leave, and what is done with each: the least loss first, in an order that equal worlds repeat.
import { isBusy, type Member } from './members.ts';
import { earliest, silentForMs, type Situation, type Step } from './situation.ts';
import type { NotedIntent, PoolPod } from './view.ts';

export interface Rule {
  /** How many should leave; nothing happens at 0 or below. */
  readonly count: number;
  /** How long an agent must have been idle, milliseconds. */
  readonly idleMs: number;
  /** Whether busy agents may be drained when there are not enough idle ones. */
  readonly busyToo: boolean;
  readonly why: string;
}

/** A drained idle agent is deleted at the next look, milliseconds. */
const afterDrainMs = 50;

/** Lets up to `rule.count` of the candidates go: drains connected ones, deletes pods whose agent can hold no work. */
export function dismiss(situation: Situation, candidates: readonly Member[], rule: Rule): Step {
  if (rule.count <= 0) return { intents: [], after: situation };
  const waits = candidates.map((member) => ({ member, ms: waitMs(member, rule, situation) }));
  const leaving = waits
    .filter(({ ms }) => ms === 0)
    .map(({ member }) => member)
    .toSorted(leastLossFirst)
    .slice(0, rule.count);
  const drained = leaving.filter(({ standing }) => standing === 'connected');
  const later = leaving.length === rule.count ? [] : waits.map(({ ms }) => ms).filter((ms) => ms !== undefined && ms > 0);
  const wakeAfterMs = earliest(...later, drained.length === 0 ? undefined : afterDrainMs);
  const step = { intents: leaving.map((member) => farewell(member, rule.why)), after: without(situation, leaving) };
  return wakeAfterMs === undefined ? step : { ...step, wakeAfterMs };
}

/** The situation after these members were sent away. */
export function without(situation: Situation, left: readonly Member[]): Situation {
  if (left.length === 0) return situation;
  const gone = new Set(left.map(({ pod }) => pod.metadata.uid));
  const members = situation.members.map((member) => (gone.has(member.pod.metadata.uid) ? { ...member, standing: member.standing === 'connected' ? ('draining' as const) : ('terminating' as const) } : member));
  return { ...situation, members };
}

/** The intent that deletes a pod. */
export function removal({ metadata }: PoolPod, why: string, scaling = true): NotedIntent {
  return { kind: 'deletePod', pod: metadata.name, podUid: metadata.uid, scaling, why, note: `removes agent ${metadata.name}: ${why}` };
}

function farewell({ pod, standing }: Member, why: string): NotedIntent {
  if (standing !== 'connected') return removal(pod, why);
  return { kind: 'drainAgent', pod: pod.metadata.name, podUid: pod.metadata.uid, note: `drains agent ${pod.metadata.name}: ${why}` };
}

/** How long until a candidate may leave; undefined for one that time alone does not free. */
function waitMs(member: Member, { idleMs, busyToo }: Rule, situation: Situation): number | undefined {
  const { agent, pod, standing } = member;
  if (agent !== undefined && isBusy(member)) return busyToo ? 0 : undefined;
  if (agent !== undefined) return Math.max(idleMs - agent.idleForMs, 0);
  // What is cut off may be at work, so it is held for as long as its tasks may run.
  if (standing === 'silent') return Math.max(Math.max(situation.view.settings.silenceMs, idleMs) - silentForMs(member, situation), 0);
  return Math.max(pod.createdMs + idleMs - situation.now, 0);
}

function leastLossFirst(a: Member, b: Member): number {
  const [ours, theirs] = [loss(a), loss(b)];
  const at = ours.findIndex((value, index) => value !== theirs[index]);
  return at < 0 ? (a.pod.metadata.name < b.pod.metadata.name ? -1 : 1) : (ours[at] ?? 0) - (theirs[at] ?? 0);
}

/** What is lost with an agent, the gravest first: nothing (no process), perhaps something, a warm agent, capacity of a busy one. */
function loss(member: Member): readonly number[] {
  const { agent, standing, stale } = member;
  if (agent === undefined) return [standing === 'down' ? 0 : 1, stale ? 0 : 1, 0, 0];
  return [isBusy(member) ? 3 : 2, stale ? 0 : 1, agent.used, -agent.idleForMs];
}
