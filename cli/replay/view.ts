// A moment of history as the tree of the present: what events told, in the shape of the objects that they told of. Pure.
import { labels } from '#api/labels.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { type Mission, MissionSpec, type MissionStatus } from '#api/v1alpha1/mission.ts';
import { type Plan, PlanSpec } from '#api/v1alpha1/plan.ts';
import { type Task, TaskSpec, type TaskStatus } from '#api/v1alpha1/task.ts';
import { withPlan } from '#domain/plan/question.ts';
import { missionNamed, type Picture, type ToldRecord, type ToldMission, type ToldTask } from '#domain/replay/picture.ts';
import type { Live, LiveTask } from '../tree/model.ts';
import { defined } from '../world/defined.ts';
import { planInUse } from '#domain/mission/planned.ts';
import type { MissionView } from '#domain/mission/view.ts';
import { thoughtText } from './sentence.ts';

/** The mission of a name as it was; undefined before its first event and after its last. */
export function viewAt(picture: Picture, name: string): MissionView | undefined {
  const told = missionNamed(picture, name);
  if (told === undefined) return undefined;
  const mission = missionOf(told);
  const plans = [...picture.records.values()].filter(({ kind, missionUid }) => kind === 'Plan' && missionUid === told.uid).flatMap(planOf);
  return { mission: withPlan(mission, planInUse(mission, plans)), tasks: [...picture.tasks.values()].filter(({ missionUid }) => missionUid === told.uid).map(taskOf) };
}

/** What agents told last of tasks that run. */
export function thoughtsAt({ tasks, thoughts }: Picture): Live {
  const live = new Map<string, LiveTask>();
  for (const [uid, thought] of thoughts) {
    const told = tasks.get(uid);
    if (told !== undefined && told.facts.result === undefined && told.facts.attempt === thought.attempt) live.set(told.facts.task, { message: thoughtText(thought) });
  }
  return live;
}

const apiVersion = 'coditect.ai/v1alpha1';

function metaOf({ namespace, name, uid, generation, resourceVersion, since }: ToldMission | ToldTask) {
  return { namespace, name, uid, generation, resourceVersion, creationTimestamp: since };
}

/** Specs are parsed once: the same one is in every picture. */
const missionSpecs = new WeakMap<JsonObject, MissionSpec>();
const taskSpecs = new WeakMap<JsonObject, TaskSpec>();

function missionOf(told: ToldMission): Mission {
  const spec = (told.spec && missionSpecs.get(told.spec)) ?? MissionSpec.safeParse(told.spec).data;
  if (told.spec !== undefined && spec !== undefined) missionSpecs.set(told.spec, spec);
  // A long spec is not told, and one of another version cannot be read: then the tree is made of tasks alone.
  const status = told.isKnown ? (told.status as MissionStatus | undefined) : missionStatusOf(told);
  return { apiVersion, kind: 'Mission', metadata: metaOf(told), spec: spec ?? MissionSpec.parse({ goal: 'was not told' }), ...(status === undefined ? {} : { status }) } as Mission;
}

function taskOf(told: ToldTask): Task {
  const spec = (told.spec && taskSpecs.get(told.spec)) ?? TaskSpec.safeParse(told.spec).data;
  if (told.spec !== undefined && spec !== undefined) taskSpecs.set(told.spec, spec);
  const { facts: { task, type, action, run, role, dependsOn } } = told;
  const known = spec ?? { type, intent: { action }, dependsOn, taskName: task, run };
  const status = told.isKnown ? (told.status as TaskStatus | undefined) : taskStatusOf(told);
  return { apiVersion, kind: 'Task', metadata: { ...metaOf(told), ...(role === '' ? {} : { labels: { [labels.role]: role } }) }, spec: known, ...(status === undefined ? {} : { status }) } as Task;
}

/** Where changes are missing, the facts of the last event are newer than the status before them. */
function missionStatusOf({ status, generation, since, facts }: ToldMission): MissionStatus {
  const { run, state, succeeded, goals, goalsMet, startTime, completionTime } = facts;
  const condition = { type: 'Succeeded', status: succeeded, reason: state, message: '', lastTransitionTime: since };
  return { ...status, observedGeneration: generation, ...(run === 0 ? {} : { runNumber: run }), goalsMet: `${goalsMet}/${goals}`, conditions: state === '' ? [] : [condition], ...defined({ startTime, completionTime }) } as MissionStatus;
}

function taskStatusOf({ status, since, facts }: ToldTask): TaskStatus {
  const { state, attempt, result, reason, startTime, completionTime } = facts;
  const condition = { type: 'Succeeded', status: 'Unknown', reason: state, message: '', lastTransitionTime: since };
  const outcome = result === undefined ? {} : { outcome: { result, reason, message: '', time: completionTime ?? since } };
  return { ...status, attempt, conditions: state === '' ? [] : [condition], ...outcome, ...defined({ startTime, completionTime }) } as TaskStatus;
}

function planOf({ namespace, name, uid, resourceVersion, time, spec }: ToldRecord): Plan[] {
  const parsed = PlanSpec.safeParse(spec).data;
  return parsed === undefined ? [] : [{ apiVersion, kind: 'Plan', metadata: { namespace, name, uid, resourceVersion, generation: 1, creationTimestamp: time }, spec: parsed } as Plan];
}
