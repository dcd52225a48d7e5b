// All events there are, by the short names that code and people use. The AsyncAPI document and every reader of events come from this table.
import type { z } from 'zod';
import { Deleted, MissionChange, PoolChange, Recorded, TaskChange, ViolationFound } from './change.ts';
import { AgentAct, AgentFiles, AgentLearn, AgentThink } from './thought.ts';

/** Families of events: the part of a subject after the tenant. */
export const families = ['mission', 'plan', 'approval', 'task', 'pool', 'violation', 'agent'] as const;
export type Family = (typeof families)[number];

/** Whoever reads an event drops the fields that it does not know: a newer mirror or agent may tell more. */
interface Row {
  /** Raised when a field changes its meaning or goes; a further field is no new version. */
  readonly version: number;
  readonly what: string;
  readonly data: z.ZodType;
}

/** What each event means, and what it carries. */
export const catalogue = {
  'mission.created': { version: 1, what: 'A mission was seen for the first time.', data: MissionChange },
  'mission.started': { version: 1, what: 'A run of a mission has begun.', data: MissionChange },
  'mission.changed': { version: 1, what: 'A mission is not what it was: spec, status or both.', data: MissionChange },
  'mission.ended': { version: 1, what: 'A run of a mission has ended.', data: MissionChange },
  'mission.deleted': { version: 1, what: 'A mission is gone.', data: Deleted },
  'plan.made': { version: 1, what: 'A planner has made a plan, valid or not.', data: Recorded },
  'approval.given': { version: 1, what: 'A person has said yes or no.', data: Recorded },
  'task.created': { version: 1, what: 'A task was seen for the first time.', data: TaskChange },
  'task.started': { version: 1, what: 'An attempt of a task runs on an agent.', data: TaskChange },
  'task.changed': { version: 1, what: 'A task is not what it was.', data: TaskChange },
  'task.ended': { version: 1, what: 'The outcome of a task is decided.', data: TaskChange },
  'task.deleted': { version: 1, what: 'A task is gone.', data: Deleted },
  'pool.changed': { version: 1, what: 'A pool is not what it was.', data: PoolChange },
  'pool.deleted': { version: 1, what: 'A pool is gone.', data: Deleted },
  'violation.found': { version: 1, what: 'What a task left differs from what was expected of it.', data: ViolationFound },
  'agent.think': { version: 1, what: 'A model has answered an agent.', data: AgentThink },
  'agent.act': { version: 1, what: 'An agent has called a tool.', data: AgentAct },
  'agent.learn': { version: 1, what: 'What came of a turn of an agent.', data: AgentLearn },
  'agent.files': { version: 1, what: 'Files that an attempt has changed, by their hashes.', data: AgentFiles },
} as const satisfies Readonly<Record<string, Row>>;

export type EventName = keyof typeof catalogue;

/** Data of the events of a name. */
export type DataOf<N extends EventName> = z.infer<(typeof catalogue)[N]['data']>;

/** Names of all events. */
export const eventNames = Object.keys(catalogue) as readonly EventName[];

/** The family of an event. */
export function familyOf(name: EventName): Family {
  return name.slice(0, name.indexOf('.')) as Family;
}
