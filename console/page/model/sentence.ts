// One event as a few words.
import type { CloudEvent } from '#api/events/envelope.ts';

/** What an event tells, for the slider. */
export function sentenceOf({ type, subject, data }: CloudEvent): string {
  const name = type.replace(/^ai\.coditect\./, '').replace(/\.v\d+$/, '');
  if ('facts' in data && 'task' in data.facts) return `${name} ${data.facts.task}`;
  if ('tool' in data) return `${name} ${data.tool}`;
  if ('facts' in data && 'goalsMet' in data.facts) return name;
  return `${name} ${subject.slice(subject.indexOf('/') + 1)}`;
}
