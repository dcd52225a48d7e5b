// The entities of a mission as the one object that readers get.
import { type World, type WorldAgent, type WorldFile, type WorldMission, type WorldTask, worldVersion } from '#api/world.ts';
import type { MissionStatus } from '#api/v1alpha1/mission.ts';
import type { TaskStatus } from '#api/v1alpha1/task.ts';
import type { Body, FilesBody, LiveBody, MissionBody, TaskBody } from './change.ts';
import type { Entity } from './settle.ts';

/** Which mission it is. */
export interface MissionKey {
  readonly tenant: string;
  readonly uid: string;
}

/** What is known of a mission, without locks. What agents told of tasks that nobody knows is left out. */
export function snapshotOf({ tenant, uid }: MissionKey, entities: ReadonlyMap<string, Entity>): Omit<World, 'locks'> {
  const tasks: WorldTask[] = [];
  const agents: WorldAgent[] = [];
  const files: WorldFile[] = [];
  let filesLeftOut = 0;
  for (const [field, { version, body }] of entities) {
    if (body?.kind !== 'task') continue;
    const uidOfTask = field.slice(2);
    tasks.push(viewOf(uidOfTask, version, body));
    agents.push(...agentView(uidOfTask, body, bodyOf(entities, `l:${uidOfTask}`, 'live')));
    const changed = bodyOf(entities, `f:${uidOfTask}`, 'files');
    if (changed === undefined) continue;
    files.push(...filesView(uidOfTask, changed));
    filesLeftOut += Math.max(0, changed.changed - changed.files.length);
  }
  const mission = bodyOf(entities, 'm', 'mission');
  return {
    version: worldVersion,
    tenant,
    uid,
    ...(mission === undefined ? {} : { mission: missionView(entities.get('m')?.version ?? '', mission) }),
    tasks: tasks.sort((a, b) => compare(a.name, b.name)),
    agents: agents.sort(byAgent),
    files: files.sort(byPath),
    filesLeftOut,
  };
}

function bodyOf<K extends Body['kind']>(entities: ReadonlyMap<string, Entity>, field: string, kind: K): Extract<Body, { kind: K }> | undefined {
  const body = entities.get(field)?.body;
  return body?.kind === kind ? (body as Extract<Body, { kind: K }>) : undefined;
}

// Bodies never change, so their views need not be made again.
const views = new WeakMap<TaskBody, WorldTask>();

function viewOf(uid: string, version: string, body: TaskBody): WorldTask {
  const known = views.get(body);
  if (known !== undefined) return known;
  const view = taskView(uid, version, body);
  views.set(body, view);
  return view;
}

/** One task of a snapshot, by the uid of its object. */
export function taskView(uid: string, resourceVersion: string, { name, facts, detail }: TaskBody): WorldTask {
  const { observed, action, violations = [], workspace } = detail as Pick<TaskStatus, 'observed' | 'action' | 'violations' | 'workspace'>;
  const tree = workspace?.treeAfter;
  return {
    name,
    uid,
    resourceVersion,
    facts,
    ...(observed === undefined ? {} : { observed }),
    expected: action?.expected ?? [],
    violations,
    ...(tree === undefined ? {} : { tree }),
  };
}

function missionView(resourceVersion: string, { name, facts, detail }: MissionBody): WorldMission {
  const { goals = [] } = detail as Pick<MissionStatus, 'goals'>;
  return { name, resourceVersion, facts, goals: goals.map((goal) => ({ name: goal.name, state: goal.state, reason: goal.reason })) };
}

/** Who is at a task: nobody once it is decided. An agent tells of an attempt before the API server shows it, never after a later one. */
function agentView(task: string, { facts }: TaskBody, live: LiveBody | undefined): readonly WorldAgent[] {
  if (facts.result !== undefined) return [];
  if (live !== undefined && live.attempt >= facts.attempt) {
    const { agent, pool, attempt, doing, tool, model, turn, time } = live;
    return [{ agent, pool, task, attempt, doing, ...(tool === undefined ? {} : { tool }), ...(model === undefined ? {} : { model }), turn, lastSeen: time }];
  }
  if (facts.agent === '' || facts.startTime === undefined) return [];
  return [{ agent: facts.agent, pool: facts.pool, task, attempt: facts.attempt, doing: 'work', turn: 0 }];
}

function filesView(task: string, { attempt, files }: FilesBody): readonly WorldFile[] {
  return files.map(({ path, hash }) => ({ path, ...(hash === undefined ? {} : { hash }), task, attempt }));
}

function byAgent(a: WorldAgent, b: WorldAgent): number {
  return compare(a.agent, b.agent) || compare(a.task, b.task);
}

function byPath(a: WorldFile, b: WorldFile): number {
  return compare(a.path, b.path) || compare(a.task, b.task);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
