// What an event changes in the world: one entity at a time, each with an order of its own, so that old news change nothing.
import type { MissionChange, TaskChange } from '#api/events/change.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import type { MissionFacts, TaskFacts } from '#api/events/change.ts';
import type { AgentFiles, ThoughtEvent } from '#api/events/thought.ts';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import type { WorldFile } from '#api/world.ts';
import { placeOf } from '#domain/replay/place.ts';

/** What is known of a mission or a task: the facts of its last event, and the parts of its status that the world shows. */
export interface MissionBody {
  readonly kind: 'mission';
  readonly name: string;
  readonly facts: MissionFacts;
  readonly detail: JsonObject;
}
export interface TaskBody {
  readonly kind: 'task';
  readonly name: string;
  readonly facts: TaskFacts;
  readonly detail: JsonObject;
}

/** What an agent told last of a task. */
export interface LiveBody {
  readonly kind: 'live';
  readonly agent: string;
  readonly pool: string;
  readonly attempt: number;
  readonly doing: 'think' | 'act' | 'learn' | 'files';
  readonly tool?: string;
  readonly model?: string;
  readonly turn: number;
  readonly time: string;
}

/** Files that the last attempt of a task changed. */
export interface FilesBody {
  readonly kind: 'files';
  readonly attempt: number;
  readonly files: readonly Pick<WorldFile, 'path' | 'hash'>[];
  readonly changed: number;
}
export type Body = MissionBody | TaskBody | LiveBody | FilesBody;

/** Name of an entity inside its mission: `m`, `t:<task uid>`, `l:<task uid>`, `f:<task uid>`. */
export type Field = 'm' | `${'t' | 'l' | 'f'}:${string}`;

/** `whole` stands for itself, `patch` builds on a version, `gone` is the last word. Orders sort as text. */
export type Change = { readonly field: Field; readonly order: string; readonly version: string } & (
  | { readonly kind: 'whole'; readonly body: Body }
  | { readonly kind: 'patch'; readonly base: string; readonly body: MissionBody | TaskBody }
  | { readonly kind: 'gone' }
);

/** The parts of a status that the world shows. A merge patch changes them one by one, so the part of a patch is the patch of the part. */
const shown = { mission: ['goals'], task: ['observed', 'action', 'violations', 'workspace'] } as const;

/** Changes of an event of a mission; none for what the world does not show. Violations need no event of their own: they are in the status of the same version. */
export function changesOf(event: CloudEvent): readonly Change[] {
  const { data } = event;
  if ('epoch' in data) return thoughtChanges(event, data);
  if ('facts' in data) return 'goalsMet' in data.facts || 'task' in data.facts ? [objectChange(event, data as MissionChange | TaskChange)] : [];
  if ('spec' in data || !('uid' in data)) return [];
  const field = event.subject.startsWith('missions/') ? 'm' : (`t:${data.uid}` as const);
  return event.subject.startsWith('agentpools/') ? [] : [{ kind: 'gone', field, order: placeOf(event).rank, version: data.resourceVersion }];
}

function objectChange(event: CloudEvent, { uid, name, facts, base, status = {}, resourceVersion: version }: MissionChange | TaskChange): Change {
  const isMission = 'goalsMet' in facts;
  const body: MissionBody | TaskBody = isMission ? { kind: 'mission', name, facts, detail: part(status, shown.mission) } : { kind: 'task', name, facts, detail: part(status, shown.task) };
  const which = { field: isMission ? ('m' as const) : (`t:${uid}` as const), order: placeOf(event).rank, version };
  return base === undefined ? { kind: 'whole', ...which, body: { ...body, detail: inOrder(body.detail) } } : { kind: 'patch', ...which, base, body };
}

function part(status: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(status, name)).map((name) => [name, status[name] as Json]));
}

/** The same with the keys of all objects in their order: what was patched together and what was told whole give equal text. */
export function inOrder<T extends Json>(value: T): T {
  if (Array.isArray(value)) return value.map((item) => inOrder(item as Json)) as unknown as T;
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, inOrder((value as JsonObject)[key] as Json)])) as T;
}

const attemptWidth = 10;

function thoughtChanges(event: CloudEvent, data: ThoughtEvent): readonly Change[] {
  const order = String(data.attempt).padStart(attemptWidth, '0') + placeOf(event).rank;
  const live: Change = { kind: 'whole', field: `l:${data.taskUid}`, order, version: '', body: liveBody(event, data) };
  return data.type === 'agent.files' ? [live, { kind: 'whole', field: `f:${data.taskUid}`, order, version: '', body: filesBody(data) }] : [live];
}

function liveBody({ source, time }: CloudEvent, data: ThoughtEvent): LiveBody {
  const [, , , pool = '', agent = ''] = source.split('/');
  const doing = data.type.slice('agent.'.length) as LiveBody['doing'];
  const which = { ...('tool' in data ? { tool: data.tool } : {}), ...('model' in data ? { model: data.model } : {}) };
  return { kind: 'live', agent, pool, attempt: data.attempt, doing, ...which, turn: data.turn, time };
}

function filesBody({ attempt, files, changed }: AgentFiles): FilesBody {
  return { kind: 'files', attempt, files, changed };
}
