// Where an event stands among those of the same thing: versions of an object, or what one attempt told.
import type { CloudEvent } from '#api/events/envelope.ts';
import { type Instant, parseTime } from '#api/time.ts';

/** Place of an event. */
export interface Place {
  /** The object or the attempt that it is about. */
  readonly thing: string;
  /** Text that sorts as the events of this thing happened. */
  readonly rank: string;
  readonly at: Instant;
}

// As wide as the widest that the schemas allow, so that text sorts as the numbers do.
const widths = { version: 24, epoch: 10, seq: 16 } as const;
const last = '9'.repeat(widths.version);

/** The place of an event. */
export function placeOf({ id, time, data }: CloudEvent): Place {
  const at = parseTime(time) ?? 0;
  if ('epoch' in data) {
    const { taskUid, attempt, epoch, seq } = data;
    return { thing: `${taskUid}.${attempt}`, rank: padded(epoch.term, widths.epoch) + padded(epoch.counter, widths.epoch) + padded(seq, widths.seq), at };
  }
  const era = padded(eraOf(id), widths.version);
  // Violations carry no version in their data: they have that of the task in which they were found, and it is in the id.
  if (!('resourceVersion' in data)) return { thing: data.task.uid, rank: era + padded(versionIn(id, data.task.uid), widths.version), at };
  // Whoever tells that an object is gone may not have seen the last of it.
  const isGone = !('facts' in data) && !('spec' in data);
  return { thing: data.uid, rank: era + (isGone ? last : padded(data.resourceVersion, widths.version)), at };
}

/** How often, in growing numbers, the API server went back to a backup before this was told: its versions began to repeat each time. 0 before the first. */
export function eraOf(id: string): number {
  const mark = id.lastIndexOf('.') + 1;
  const text = id.codePointAt(mark) === letterR ? id.slice(mark + 1) : '';
  return /^[0-9]+$/.test(text) ? Number(text) : 0;
}

const letterR = 0x72;

/** Below zero when `a` is the older version. */
export function compareVersions(a: string, b: string): number {
  // As text they sort when they are of one length, which is how versions that follow each other nearly always are.
  const [first, second] = a.length === b.length ? [a, b] : [padded(a, widths.version), padded(b, widths.version)];
  return first < second ? -1 : first > second ? 1 : 0;
}

function versionIn(id: string, uid: string): string {
  const rest = id.startsWith(`${uid}.`) ? id.slice(uid.length + 1) : '';
  return /^[0-9]+/.exec(rest)?.[0] ?? '';
}

function padded(value: number | string, width: number): string {
  return String(value).padStart(width, '0');
}
