// The tree for pipes and log files: one line for each change, each complete in itself. Pure.
import type { Instant } from '#api/time.ts';
import { duration, plain, timeOfDay } from '../terminal/text.ts';
import { memoized, type MissionTree, type TaskRow } from './model.ts';

/** One line for each thing that differs, `before` being undefined at first: `12:03:04 task build Running on crew-x7k2p`. */
export function changeLines(before: MissionTree | undefined, after: MissionTree, now: Instant): string[] {
  const stamp = timeOfDay(now);
  const old = new Map(before?.rows.map((row) => [row.name, sentence(row)]));
  const lines = after.rows.flatMap((row) => {
    const text = sentence(row);
    return text === undefined || text === old.get(row.name) ? [] : [`${stamp} task ${row.name} ${text}`];
  });
  const head = headOf(after);
  return before === undefined || headOf(before) !== head ? [...lines, `${stamp} mission ${after.name} ${head}`] : lines;
}

function headOf({ state, problem, awaiting, planning, goals, done, total, ending, durationMs }: MissionTree): string {
  const notice = problem ?? awaiting ?? planning;
  if (ending === undefined) return notice === undefined ? state : `${state}: ${plain(notice)}`;
  return `${state}: ${done}/${total} tasks, goals ${goals}${durationMs === undefined ? '' : `, ${duration(durationMs)}`}`;
}

/** What is said of a task; nothing while it merely waits for others. Progress is left out: it would flood a log. */
function sentence(row: TaskRow): string | undefined {
  const { state, after, reason } = row;
  if (state === 'Waiting') return after.length > 0 || reason === undefined ? undefined : `Waiting: ${plain(reason)}`;
  const why = state === 'Failed' || state === 'Skipped' || state === 'Cancelled' || reason === memoized ? `: ${plain(`${reason ?? ''} ${row.message ?? ''}`)}` : '';
  return state + circumstances(row) + why;
}

function circumstances({ durationMs, agent, attempt }: TaskRow): string {
  const long = durationMs === undefined ? '' : ` in ${duration(durationMs)}`;
  const where = agent === undefined ? '' : ` on ${agent}`;
  return `${long}${where}${attempt > 1 ? `, attempt ${attempt}` : ''}`;
}
