// Missions of tests and what a mirror tells of them: a truth that changes, with the events of each change.
import type { CloudEvent } from '#api/events/envelope.ts';
import { schemaOf, typeOf } from '#api/events/envelope.ts';
import type { Mission, MissionStatus } from '#api/v1alpha1/mission.ts';
import type { Task, TaskStatus } from '#api/v1alpha1/task.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aTask } from '#testing/builders/task.ts';
import { goneEvent } from '../changes/decide/gone.ts';
import { missionEvents, missionStage } from '../changes/decide/mission.ts';
import { taskEvents, taskStage } from '../changes/decide/task.ts';
import type { Truth } from '../ports.ts';

const writtenTime = '2026-01-01T00:00:10Z';
const time = '2026-01-01T00:00:10Z';

/** An API server that tells what changes. */
export class TestTruth implements Truth {
  readonly #missions = new Map<string, Mission>();
  readonly #tasks = new Map<string, Task>();
  #version = 100;
  isThere = true;

  missions(): readonly Mission[] {
    return [...this.#missions.values()];
  }

  tasksOf(missionUid: string): readonly Task[] {
    return [...this.#tasks.values()].filter(({ spec }) => spec.missionRef?.uid === missionUid);
  }

  pools(): readonly [] {
    return [];
  }

  isKnown(): boolean {
    return this.isThere;
  }

  mission(name: string, status?: MissionStatus, tenant = 'team-a'): readonly CloudEvent[] {
    const before = this.#missions.get(`uid-${name}`);
    const now = aMission(name).meta({ namespace: tenant, uid: `uid-${name}`, resourceVersion: this.#next() }).status(status).build();
    this.#missions.set(now.metadata.uid, now);
    return missionEvents({ now: { ...now, writtenTime }, era: '', ...(before === undefined ? {} : { before: { ...before, writtenTime }, told: missionStage(before) }) });
  }

  task(mission: string, name: string, status: TaskStatus = {}): readonly CloudEvent[] {
    const { namespace } = this.#missions.get(`uid-${mission}`)?.metadata ?? { namespace: 'team-a' };
    const uid = `uid-${mission}-${name}`;
    const before = this.#tasks.get(uid);
    const spec = { missionRef: { name: mission, uid: `uid-${mission}` }, taskName: name, run: 1 };
    const now = aTask(`${mission}-${name}`).meta({ namespace, uid, resourceVersion: this.#next() }).spec(spec).status(status).build();
    this.#tasks.set(uid, now);
    return taskEvents({ now: { ...now, writtenTime }, era: '', ...(before === undefined ? {} : { before: { ...before, writtenTime }, told: taskStage(before) }) });
  }

  deleteTask(mission: string, name: string): readonly CloudEvent[] {
    const uid = `uid-${mission}-${name}`;
    const now = this.#tasks.get(uid);
    this.#tasks.delete(uid);
    return now === undefined ? [] : [goneEvent('task.deleted', { ...now.metadata, mission: { name: mission, uid: `uid-${mission}` }, stage: taskStage(now) }, { time, era: '' })];
  }

  deleteMission(name: string): readonly CloudEvent[] {
    const now = this.#missions.get(`uid-${name}`);
    this.#missions.delete(`uid-${name}`);
    for (const task of this.tasksOf(`uid-${name}`)) this.#tasks.delete(task.metadata.uid);
    return now === undefined ? [] : [goneEvent('mission.deleted', { ...now.metadata, mission: { name, uid: now.metadata.uid }, stage: missionStage(now) }, { time, era: '' })];
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }
}

/** A task that runs, and one that is decided. */
export const running = (agent = 'crew-1', attempt = 1): TaskStatus => ({
  attempt,
  startTime: time,
  assignment: { pool: 'crew', poolNamespace: 'team-a', agent, agentUid: `uid-${agent}`, epoch: { term: 1, counter: attempt }, assignedTime: time, matchReason: 'it fits' },
  action: { tool: 'vitest', expected: ['tests pass'] },
});
export const succeeded = (passed = 3): TaskStatus => ({
  ...running(),
  completionTime: time,
  outcome: { result: 'Succeeded', reason: 'Completed', message: 'it ended', time },
  observed: { exitCode: 0, failed: 0, passed },
  workspace: { treeBefore: 'a'.repeat(40), treeAfter: 'b'.repeat(40) },
  violations: [{ kind: 'UnexpectedChange', message: 'a file outside src changed', path: 'README.md' }],
});

export interface Told {
  readonly mission: string;
  readonly task: string;
  readonly seq: number;
  readonly attempt?: number;
  readonly files?: Readonly<Record<string, string>>;
}

/** What an agent tells: a tool that it called, or the files that it changed. */
export function agentTold({ mission, task, seq, attempt = 1, files }: Told, tenant = 'team-a'): CloudEvent {
  const taskUid = `uid-${mission}-${task}`;
  const heading = { version: 1 as const, taskUid, attempt, epoch: { term: 1, counter: attempt }, seq, turn: seq };
  const name = files === undefined ? 'agent.act' : 'agent.files';
  const data =
    files === undefined
      ? { ...heading, type: 'agent.act' as const, tool: 'read_file', sideEffect: 'none' as const, outcome: 'done' as const, inputBytes: 1, outputBytes: 2 }
      : { ...heading, type: 'agent.files' as const, treeBefore: 'a', treeAfter: 'b', files: Object.entries(files).map(([path, hash]) => ({ path, hash })), changed: Object.keys(files).length };
  const id = `${taskUid}.${attempt}.1-${attempt}.${seq}`;
  return { specversion: '1.0', id, source: `/agents/${tenant}/crew/crew-1`, type: typeOf(name), subject: `tasks/${mission}-${task}`, time: `2026-01-01T00:00:${String(10 + (seq % 50))}Z`, datacontenttype: 'application/json', dataschema: schemaOf(name), tenant, mission, missionuid: `uid-${mission}`, data };
}
