// Events for tests: an object and its versions, and what a mirror tells of them.
import type { MissionFacts, TaskFacts } from '#api/events/change.ts';
import { type CloudEvent, schemaOf, typeOf } from '#api/events/envelope.ts';
import type { EventName } from '#api/events/catalogue.ts';
import { formatTimeMs, type Instant } from '#api/time.ts';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';

/** 2026-11-23T12:00:00Z */
export const t0 = 1_795_435_200_000;
export const missionUid = 'u-mission';

interface Envelope {
  readonly id: string;
  readonly subject: string;
  readonly at: Instant;
  readonly source?: string;
}

/** An event of mission `examine` in tenant `team-a`. */
export function anEvent<N extends EventName>(name: N, { id, subject, at, source = '/mirror' }: Envelope, data: CloudEvent<N>['data']): CloudEvent {
  return { specversion: '1.0', id, source, type: typeOf(name), subject, time: formatTimeMs(at), datacontenttype: 'application/json', dataschema: schemaOf(name), tenant: 'team-a', mission: 'examine', missionuid: missionUid, data } as CloudEvent;
}

/** Facts of a mission that has begun. */
export function missionFacts(more: Partial<MissionFacts> = {}): MissionFacts {
  const zero = { goals: 0, goalsMet: 0, tasks: 0, tasksDone: 0, replans: 0, costMicroUsd: 0, savedMicroUsd: 0, calls: 0, cachedCalls: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  return { run: 1, state: 'Running', succeeded: 'Unknown', ...zero, ...more };
}

/** Facts of a task that waits. */
export function taskFacts(task: string, more: Partial<TaskFacts> = {}): TaskFacts {
  return { task, type: 'Tester', action: 'RunTests', role: '', run: 1, attempt: 0, pool: '', agent: '', state: '', reason: '', boundary: '', isMemoized: false, violations: 0, dependsOn: [], ...more };
}

/** A version of an object. */
export interface Version {
  readonly version: number;
  readonly at: Instant;
  readonly status: JsonObject;
  readonly spec?: JsonObject;
}

/** A task that is told of by `wholeTask` and `changedTask`. */
export interface Named {
  readonly name: string;
  readonly facts?: Partial<TaskFacts>;
}

/** A version told whole. */
export function wholeTask({ name, facts }: Named, { version, at, status, spec = { type: 'Tester' } }: Version): CloudEvent {
  return taskEvent('task.changed', { name, ...(facts === undefined ? {} : { facts }) }, { version, at, more: { spec, status } });
}

/** A version told as a change of an older one. */
export function changedTask({ name, facts }: Named, before: Version, now: Version): CloudEvent {
  return taskEvent('task.changed', { name, ...(facts === undefined ? {} : { facts }) }, { version: now.version, at: now.at, more: { base: String(before.version), status: patchBetween(before.status, now.status) } });
}

/** A task that is gone. */
export function deletedTask(name: string, version: number, at: Instant): CloudEvent {
  return anEvent('task.deleted', { id: `u-${name}.deleted`, subject: `tasks/examine-${name}`, at }, { name: `examine-${name}`, uid: `u-${name}`, resourceVersion: String(version), mission: { name: 'examine', uid: missionUid } });
}

function taskEvent(event: 'task.changed', { name, facts = {} }: Named, { version, at, more }: { readonly version: number; readonly at: Instant; readonly more: object }): CloudEvent {
  const data = { name: `examine-${name}`, uid: `u-${name}`, generation: 1, resourceVersion: String(version), mission: { name: 'examine', uid: missionUid }, facts: taskFacts(name, facts), ...more };
  return anEvent(event, { id: `u-${name}.${version}`, subject: `tasks/examine-${name}`, at }, data);
}

/** The mission told whole. */
export function wholeMission({ version, at, status, spec = { goal: 'know the code' } }: Version): CloudEvent {
  return anEvent('mission.changed', { id: `${missionUid}.${version}`, subject: 'missions/examine', at }, { name: 'examine', uid: missionUid, generation: 1, resourceVersion: String(version), spec, status, facts: missionFacts() });
}

/** What an agent tells of a tool that it called for a task. */
export function agentActed(task: string, seq: number, at: Instant, { attempt = 1, counter = 1, agent = 'crew-1' }: { readonly attempt?: number; readonly counter?: number; readonly agent?: string } = {}): CloudEvent {
  const data = { version: 1, type: 'agent.act', taskUid: `u-${task}`, attempt, epoch: { term: 1, counter }, seq, turn: 1, tool: 'read_file', sideEffect: 'none', outcome: 'done', inputBytes: 1, outputBytes: 2 } as const;
  return anEvent('agent.act', { id: `u-${task}.${attempt}.1-${counter}.${seq}`, subject: `tasks/examine-${task}`, at, source: `/agents/team-a/crew/${agent}` }, data);
}

/** The merge patch (RFC 7396) that makes `now` of `before`. */
export function patchBetween(before: JsonObject, now: JsonObject): JsonObject {
  const entries: [string, Json][] = Object.keys(before).filter((key) => !Object.hasOwn(now, key)).map((key) => [key, null]);
  for (const [key, value] of Object.entries(now)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (old !== undefined && JSON.stringify(old) === JSON.stringify(value)) continue;
    entries.push([key, isObject(old) && isObject(value) ? patchBetween(old, value) : value]);
  }
  return Object.fromEntries(entries);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
