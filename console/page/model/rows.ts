// The list of missions: which are shown, in which order, and what changes make of it.
import type { MissionChanges, MissionRow } from '#api/console.ts';
import { toneOfMission } from './tone.ts';

/** Which missions are wanted by how they are. */
export const groups = ['all', 'running', 'attention', 'succeeded', 'failed'] as const;
export type Group = (typeof groups)[number];

export interface Wanted {
  readonly text: string;
  /** Empty: all. */
  readonly namespace: string;
  readonly group: Group;
}

/** The group of a mission. */
export function groupOf(row: MissionRow): Exclude<Group, 'all'> {
  const tone = toneOfMission(row);
  if (tone === 'good') return 'succeeded';
  if (row.verdict === 'False') return 'failed';
  return tone === 'bad' || tone === 'ask' || row.failed > 0 ? 'attention' : 'running';
}

/** Rows that match every word of the text in name, namespace or state. */
export function matching(rows: readonly MissionRow[], { text, namespace, group }: Wanted): MissionRow[] {
  const asked = text.toLowerCase().split(/\s+/).filter((word) => word !== '');
  const fits = (row: MissionRow) => {
    if (namespace !== '' && row.namespace !== namespace) return false;
    if (group !== 'all' && groupOf(row) !== group) return false;
    const known = `${row.namespace}/${row.name} ${row.state} ${row.refused ?? ''}`.toLowerCase();
    return asked.every((word) => known.includes(word));
  };
  return rows.filter(fits);
}

/** How many there are of each group. */
export function countsOf(rows: readonly MissionRow[]): Readonly<Record<Group, number>> {
  const counts = { all: rows.length, running: 0, attention: 0, succeeded: 0, failed: 0 };
  for (const row of rows) counts[groupOf(row)] += 1;
  return counts;
}

/** The list after changes: newest first. */
export function changed(rows: readonly MissionRow[], { missions, gone }: MissionChanges): readonly MissionRow[] {
  if (missions.length === 0 && gone.length === 0) return rows;
  const byUid = new Map(rows.map((row) => [row.uid, row]));
  for (const uid of gone) byUid.delete(uid);
  for (const row of missions) byUid.set(row.uid, row);
  return [...byUid.values()].sort((a, b) => (a.created === b.created ? compare(a.name, b.name) : compare(b.created, a.created)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
