// Messages of the log as rows, and rows as the same messages again.
import type { EventRow } from '#api/archive.ts';
import { families, type Family } from '#api/events/catalogue.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { agentOf } from '#domain/replay/filter.ts';
import { instantOf } from './layout.ts';

/** A message, as far as the archive keeps it. */
export interface Told {
  readonly sequence: number;
  readonly tenant: string;
  readonly events: readonly CloudEvent[];
}

/** One row for each event. The tenant is that of the message, which the log vouches for. */
export function rowsOf({ sequence, tenant, events }: Told): EventRow[] {
  return events.map((event, position) => ({
    id: event.id,
    type: event.type,
    version: Number(/\.v(\d{1,9})$/.exec(event.type)?.[1] ?? 0),
    time: instantOf(event.time),
    tenant,
    mission: event.mission ?? null,
    mission_uid: event.missionuid ?? null,
    task_uid: taskUidOf(event),
    agent: agentOf(event) ?? null,
    subject: event.subject,
    source: event.source,
    sequence,
    position,
    event: JSON.stringify(event),
  }));
}

function taskUidOf({ data, subject }: CloudEvent): string | null {
  if ('taskUid' in data) return data.taskUid;
  if ('task' in data && typeof data.task === 'object') return data.task.uid;
  return subject.startsWith('tasks/') && 'uid' in data ? data.uid : null;
}

/** What is needed to have a message again. */
export type KeptRow = Pick<EventRow, 'sequence' | 'position' | 'tenant' | 'type' | 'mission' | 'event'>;

/** One message, with the texts of its events. */
export interface KeptMessage {
  readonly sequence: number;
  readonly tenant: string;
  readonly family: Family;
  readonly texts: readonly string[];
}

/** Rows of any number of files as messages, in the order of the log. A message may lie in several files: it may tell of two days. */
export function messagesOf(rows: readonly KeptRow[]): KeptMessage[] {
  const ordered = rows.toSorted((a, b) => a.sequence - b.sequence || a.position - b.position);
  const messages: (KeptMessage & { readonly texts: string[] })[] = [];
  for (const { sequence, tenant, type, event } of ordered) {
    const last = messages.at(-1);
    if (last?.sequence === sequence) last.texts.push(event);
    else messages.push({ sequence, tenant, family: familyIn(type), texts: [event] });
  }
  return messages;
}

/** The family in the name of a type, also of one that is not known here. */
export function familyIn(type: string): Family {
  const [, , word] = type.split('.');
  return families.find((family) => family === word) ?? 'task';
}
