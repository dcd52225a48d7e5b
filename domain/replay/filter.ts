// Which events somebody asks for: by time, agent, task and type.
import { type EventName, eventNames, families, type Family, familyOf } from '#api/events/catalogue.ts';
import { type CloudEvent, nameOf } from '#api/events/envelope.ts';
import { type Instant, parseTime } from '#api/time.ts';

/** What somebody wants to see. Absent: everything. */
export interface Wanted {
  readonly from?: Instant;
  readonly until?: Instant;
  /** Pod of an agent. */
  readonly agent?: string;
  /** Name of a task in its plan, or of its object. */
  readonly task?: string;
  readonly names?: ReadonlySet<EventName>;
}

export type Types = { readonly kind: 'names'; readonly names: ReadonlySet<EventName> } | { readonly kind: 'unknown'; readonly text: string };

/** The events that are meant by names of the catalogue and by families such as `agent`. */
export function namesFrom(texts: readonly string[]): Types {
  const names = new Set<EventName>();
  for (const text of texts) {
    const meant = eventNames.filter((name) => name === text || familyOf(name) === text);
    if (meant.length === 0) return { kind: 'unknown', text };
    for (const name of meant) names.add(name);
  }
  return { kind: 'names', names };
}

/** Families that have to be read for this: a task is known by its name only to those who read of tasks. */
export function familiesFor({ names, task }: Pick<Wanted, 'names' | 'task'>): readonly Family[] {
  if (names === undefined) return families.filter((family) => family !== 'pool');
  const asked = new Set([...names].map(familyOf));
  if (task !== undefined) asked.add('task');
  return families.filter((family) => asked.has(family));
}

/** A test for events in their order. It has to see events that were before `from` too, as far as there are any: a task is named by the first of its own. */
export function createFilter({ from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, agent, task, names }: Wanted): (event: CloudEvent) => boolean {
  const isOfTask = task === undefined ? () => true : taskTest(task);
  const isUntimed = from === Number.NEGATIVE_INFINITY && until === Number.POSITIVE_INFINITY;
  return (event) => {
    if (!isOfTask(event)) return false;
    if (agent !== undefined && agentOf(event) !== agent) return false;
    if (names !== undefined && !isNamed(names, event)) return false;
    if (isUntimed) return true;
    const at = parseTime(event.time) ?? 0;
    return at >= from && at <= until;
  };
}

/** The agent that an event is about; undefined for one that is about none. */
export function agentOf({ source, data }: CloudEvent): string | undefined {
  if ('epoch' in data) return source.slice(source.lastIndexOf('/') + 1);
  if ('facts' in data) return 'agent' in data.facts ? data.facts.agent : undefined;
  return 'agent' in data ? data.agent : undefined;
}

function isNamed(names: ReadonlySet<EventName>, { type }: CloudEvent): boolean {
  const name = nameOf(type);
  return name !== undefined && names.has(name);
}

function taskTest(task: string): (event: CloudEvent) => boolean {
  const uids = new Set<string>();
  const own = `tasks/${task}`;
  return ({ subject, data }) => {
    const uid = taskUidOf(data);
    if (uid === undefined) return false;
    if (subject === own || ('facts' in data && 'task' in data.facts && data.facts.task === task)) uids.add(uid);
    return uids.has(uid);
  };
}

function taskUidOf(data: CloudEvent['data']): string | undefined {
  if ('taskUid' in data) return data.taskUid;
  if ('facts' in data) return 'task' in data.facts ? data.uid : undefined;
  if ('task' in data) return data.task.uid;
  // What is recorded or gone may be of any kind; only uids of tasks are looked up.
  return data.uid;
}
