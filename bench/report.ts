// What every bench does with its rows: keeps them in bench/results/latest.json, prints them, and says which targets are missed.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchRow } from './row.ts';

/** What we aim at. Those that we claim fail the bench when they are missed; the others are work to do. */
export interface Target {
  readonly limit: number;
  readonly sense: 'at most' | 'at least';
  readonly isClaimed: boolean;
}

export type Targets = Readonly<Record<string, Target>>;

const folder = join(import.meta.dirname, 'results');
const file = join(folder, 'latest.json');

/** Writes rows over those of the same ids; rows of other benches stay. */
export async function keepRows(rows: readonly BenchRow[]): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '[]');
  const others = (JSON.parse(text) as readonly BenchRow[]).filter(({ id }) => rows.every((row) => row.id !== id));
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify([...others, ...rows], undefined, 2)}\n`);
}

/** The rows as a table, each with its verdict. */
export function rowTable(rows: readonly BenchRow[], targets: Targets): string {
  const cells = rows.map(({ id, value, floor, ratio, unit }) => [id, number(value), number(floor), number(ratio), unit, verdict(targets[id], value)]);
  return textTable(['id', 'value', 'floor', 'ratio', 'unit', 'target'], cells);
}

/** Whether a target that we claim is missed. */
export function isClaimMissed(rows: readonly BenchRow[], targets: Targets): boolean {
  return rows.some(({ id, value }) => targets[id]?.isClaimed === true && isMissed(targets[id], value));
}

/** Columns side by side; cells that hold numbers are set to the right. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const isNumeric = (column: number) => rows.every((cells) => /^[\d./]+$/.test(cells[column] ?? ''));
  const cell = (text: string, column: number) => (isNumeric(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0));
  return lines.map((cells) => cells.map(cell).join('  ').trimEnd()).join('\n');
}

function verdict(target: Target | undefined, value: number): string {
  return target === undefined ? '' : `${isMissed(target, value) ? 'MISSED' : 'met'}: ${target.sense} ${target.limit}`;
}

function isMissed({ sense, limit }: Target, value: number): boolean {
  return sense === 'at most' ? value > limit : value < limit;
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
