// Episodes: what is kept of each task that has ended. A pure function of what was told, so that the same log gives the same memory.
import { type Episode, memoryLimits as limits, type Lesson } from '#api/memory.ts';
import { parseTime } from '#api/time.ts';
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import { formatMicroUsd } from '#domain/cost/money.ts';
import { canonicalJson } from '#domain/digest.ts';
import type { Course, EndedSeen, PlanSeen } from './seen.ts';
import { judge, planOf } from './verdict.ts';

/** The episode of one task, as far as is known by now. */
export function episodeOf(course: Course, ended: EndedSeen, isLead = false): Episode {
  const plan = planOf(course, ended.facts.task, ended.facts.startTime ?? ended.time);
  const { verdict, because } = judge(course, plan?.name ?? '');
  return {
    id: ended.uid,
    mission: course.name,
    missionUid: course.uid,
    run: course.run,
    ...doneIn(ended),
    ...plannedIn(course, plan),
    verdict,
    because: cut(because, limits.because),
    ...missionIn(course),
    isLead: isLead && verdict !== 'Unchecked',
  };
}

function plannedIn({ spec }: Course, plan: PlanSeen | undefined) {
  return { goal: cut(spec?.goal ?? '', limits.goal), planName: plan?.name ?? '', plan: wordsOf(plan?.spec.tasks ?? spec?.tasks ?? []) };
}

function missionIn({ goals, facts }: Course) {
  return {
    goals: goals.slice(0, limits.goals).map(({ name, state, evidence }) => ({ name: cut(name, 63), state: cut(state, 16), evidence: cut(evidence, limits.evidence) })),
    costMicroUsd: facts?.costMicroUsd ?? 0,
    missionSeconds: secondsBetween(facts?.startTime, facts?.completionTime),
  };
}

function doneIn({ facts, time, message, tool, language, tests }: EndedSeen) {
  const { task, type, action, role, result = '', reason, startTime } = facts;
  return { task, type, action, role, tool: cut(tool, 63), language: cut(language, 40), tests, result, reason, message: cut(message, limits.message), seconds: secondsBetween(startTime, time), endTime: time };
}

/** All tasks of a run that has ended; one of each plan speaks for it. */
export function episodesOf(course: Course): readonly Episode[] {
  const inOrder = [...course.ended.values()].toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  const groups = Map.groupBy(inOrder, ({ facts, time }) => planOf(course, facts.task, facts.startTime ?? time)?.name ?? '');
  const leads = new Set([...groups.values()].map(leadOf));
  return inOrder.map((ended) => episodeOf(course, ended, leads.has(ended)));
}

const orderOf = ({ time, uid }: EndedSeen) => `${time} ${uid}`;

/** The first task of the graph that failed, for it says most; else the last one that ended. */
function leadOf(group: readonly EndedSeen[]): EndedSeen | undefined {
  const graph = group.filter(({ facts }) => facts.role === '');
  const own = graph.length > 0 ? graph : group;
  return own.find(({ facts }) => facts.result === 'Failed') ?? own.at(-1);
}

/** A task graph in words. Parameters are left out: they hold texts of users and models, and grow without end. */
export function wordsOf(tasks: readonly Pick<MissionTask, 'name' | 'type' | 'intent' | 'dependsOn'>[]): string[] {
  return tasks.slice(0, limits.planTasks).map(({ name, type, intent, dependsOn }) => cut(`${name}: ${type}/${intent.action}${dependsOn.length === 0 ? '' : ` after ${dependsOn.join(', ')}`}`, limits.taskWords));
}

/** What a planner is told of an episode; undefined for one that no goal has checked. */
export function lessonOf({ id, goal, verdict, because, plan, goals, language, costMicroUsd, missionSeconds }: Episode): Lesson | undefined {
  if (verdict === 'Unchecked') return undefined;
  return { id, goal, verdict, because, plan, goals: goals.map(({ name, state }) => ({ name, state })), language, costUsd: formatMicroUsd(costMicroUsd), seconds: missionSeconds };
}

/** Equal for lessons that teach the same, whatever they cost. */
export function essenceOf({ goal, verdict, because, plan }: Lesson): string {
  return canonicalJson([goal, verdict, because, [...plan]]);
}

function secondsBetween(start: string | undefined, end: string | undefined): number {
  const [from, to] = [parseTime(start), parseTime(end)];
  return from === undefined || to === undefined ? 0 : Math.max(0, Math.round((to - from) / 1000));
}

/** Cut on a whole character; a half one could not be written down. */
function cut(text: string, most: number): string {
  return text.slice(0, most).toWellFormed();
}
