// Draws a mission's tree for a terminal: a line for the mission, a line a task, never wider or higher than asked. Pure.
import type { Instant } from '#api/time.ts';
import type { Style, Tone } from '../terminal/style.ts';
import { cells, cut, duration, fit, plain } from '../terminal/text.ts';
import { costText } from './cost.ts';
import { memoized, type MissionTree, type TaskRow, type TaskState } from './model.ts';

/** What may be drawn on. */
export interface Canvas {
  readonly columns: number;
  /** Most lines that may be returned. */
  readonly rows: number;
  readonly style: Style;
}

interface Piece {
  readonly text: string;
  readonly tone: Tone;
}

/** Lines of the tree at this instant. */
export function renderTree(tree: MissionTree, canvas: Canvas, now: Instant): string[] {
  const notice = [...costOf(tree, canvas), ...noticeOf(tree, canvas)];
  const { shown, hidden } = choose(tree.rows, canvas.rows - 1 - notice.length);
  const texts = shown.map((row) => columnsOf(row, canvas.style, now));
  const widths = columnWidths(texts, canvas.columns);
  const lines = texts.map((pieces) => join(pieces.map((piece, index) => ({ ...piece, text: widths[index] === 0 ? '' : `${fit(piece.text, widths[index] ?? 0, canvas.style.ellipsis)}  ` })), canvas));
  const rest = hidden.length === 0 ? [] : [join([{ text: `${canvas.style.ellipsis} ${hidden.length} more: ${tally(hidden)}`, tone: 'calm' }], canvas)];
  return [head(tree, canvas, now), ...notice, ...lines, ...rest].slice(0, Math.max(1, canvas.rows));
}

function costOf({ usage, maxCostUsd }: MissionTree, canvas: Canvas): string[] {
  return usage === undefined ? [] : [join([{ text: costText(usage, maxCostUsd), tone: 'calm' }], canvas)];
}

/** The one line that is said of the whole mission. */
function noticeOf({ problem, awaiting, planning }: MissionTree, canvas: Canvas): string[] {
  if (problem !== undefined) return [join([{ text: plain(problem), tone: 'bad' }], canvas)];
  if (awaiting !== undefined) return [join([{ text: awaiting, tone: 'busy' }], canvas)];
  return planning === undefined ? [] : [join([{ text: `planning: ${plain(planning)}`, tone: 'busy' }], canvas)];
}

function head(tree: MissionTree, canvas: Canvas, now: Instant): string {
  const elapsed = elapsedMs(tree, now);
  return join(
    [
      { text: `mission ${tree.name}  `, tone: 'strong' },
      { text: `${tree.state}  `, tone: tree.ending === 'failed' ? 'bad' : tree.ending === 'succeeded' ? 'good' : 'busy' },
      { text: `${tree.done}/${tree.total} tasks  goals ${tree.goals}`, tone: 'plain' },
      { text: elapsed === undefined ? '' : `  ${duration(elapsed)}`, tone: 'calm' },
    ],
    canvas,
  );
}

function columnsOf(row: TaskRow, style: Style, now: Instant): Piece[] {
  const tone = tones[row.state];
  const tree = row.branches.map((branch) => style.symbols.branch[branch]).join('');
  const attempt = row.attempt > 1 ? ` #${row.attempt}` : '';
  const elapsed = row.state === 'Waiting' ? undefined : elapsedMs(row, now);
  return [
    { text: `${tree}${symbolOf(row.state, style, now)} ${row.name}`, tone },
    { text: row.type, tone: 'calm' },
    { text: `${row.state}${attempt}`, tone },
    { text: elapsed === undefined ? '' : duration(elapsed), tone: 'plain' },
    { text: row.agent ?? '', tone: 'calm' },
    { text: detailOf(row), tone: row.state === 'Failed' ? 'bad' : 'calm' },
  ];
}

/** The one thing worth saying about a task beside its state. */
function detailOf(row: TaskRow): string {
  if (row.state === 'Waiting') return row.after.length > 0 ? `after ${row.after.join(', ')}` : plain(row.reason ?? 'for an agent');
  return row.state === 'Succeeded' && row.reason !== memoized ? '' : plain([row.reason, row.message].filter((text) => text !== undefined).join(': '));
}

const tones: Readonly<Record<TaskState, Tone>> = {
  Waiting: 'calm', Assigned: 'busy', Running: 'busy', Backoff: 'busy', Succeeded: 'good', Failed: 'bad', Skipped: 'calm', Cancelled: 'calm',
};

function symbolOf(state: TaskState, { symbols }: Style, now: Instant): string {
  switch (state) {
    case 'Succeeded':
      return symbols.good;
    case 'Failed':
      return symbols.bad;
    case 'Running':
    case 'Assigned':
      return symbols.busy[Math.floor(now / 250) % symbols.busy.length] ?? '*';
    case 'Backoff':
      return symbols.again;
    case 'Skipped':
      return symbols.skipped;
    case 'Cancelled':
      return symbols.cancelled;
    case 'Waiting':
      return symbols.waiting;
  }
}

function elapsedMs({ startTime, durationMs }: { readonly startTime?: Instant; readonly durationMs?: number }, now: Instant): number | undefined {
  return durationMs ?? (startTime === undefined ? undefined : Math.max(0, now - startTime));
}

const nameColumn = 0;
const detailColumn = 5;
/** What a narrow terminal loses first: agent, type, duration. */
const dispensable = [4, 1, 3] as const;

/** Width of each column; 0 drops it. The detail gets what is left, the name at least half when nothing else helps. */
function columnWidths(rows: readonly (readonly Piece[])[], columns: number): number[] {
  const widths: number[] = Array.from({ length: 6 }, (_, index) => Math.max(0, ...rows.map((row) => cells(row[index]?.text ?? ''))));
  const wanted = Math.min(widths[detailColumn] ?? 0, 24);
  const used = () => widths.slice(0, detailColumn).reduce((sum, width) => sum + (width === 0 ? 0 : width + 2), 0);
  for (const index of dispensable) {
    if (used() + wanted > columns) widths[index] = 0;
  }
  const over = used() - columns;
  if (over > 0) widths[nameColumn] = Math.max(Math.floor(columns / 2), (widths[nameColumn] ?? 0) - over);
  widths[detailColumn] = Math.min(widths[detailColumn] ?? 0, Math.max(0, columns - used()));
  return widths;
}

/** Paints the pieces of one line, cut to the width. */
function join(pieces: readonly Piece[], { columns, style }: Canvas): string {
  let room = columns;
  let line = '';
  const last = pieces.findLastIndex(({ text }) => text.trim() !== '');
  for (const [index, { text, tone }] of pieces.slice(0, last + 1).entries()) {
    const shown = cut(index === last ? text.trimEnd() : text, room, style.ellipsis);
    room -= cells(shown);
    line += shown.trim() === '' ? shown : style.paint(tone, shown);
  }
  return line;
}

const ranks: Readonly<Record<TaskState, number>> = { Failed: 0, Running: 0, Backoff: 0, Assigned: 1, Waiting: 2, Cancelled: 3, Skipped: 3, Succeeded: 4 };

/** When not all rows fit: those that matter most, still in order, and one line for the rest. */
function choose(rows: readonly TaskRow[], room: number): { shown: readonly TaskRow[]; hidden: readonly TaskRow[] } {
  if (rows.length <= room) return { shown: rows, hidden: [] };
  const byRank = rows.map((row, index) => ({ row, index })).sort((a, b) => ranks[a.row.state] - ranks[b.row.state] || a.index - b.index);
  const kept = new Set(byRank.slice(0, Math.max(0, room - 1)).map(({ row }) => row));
  return { shown: rows.filter((row) => kept.has(row)), hidden: rows.filter((row) => !kept.has(row)) };
}

function tally(rows: readonly TaskRow[]): string {
  const counts = new Map<TaskState, number>();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state.toLowerCase()}`).join(', ');
}
