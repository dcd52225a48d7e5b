// `why`: what a mission or a task waits for or failed from, and what to do about it. Works without the operator, and says so then.
import { messageOf } from '#platform/errors.ts';
import { exitCodes, Refusal } from '../failure.ts';
import { styleOf } from '../terminal/style.ts';
import { line } from '../terminal/terminal.ts';
import { plain } from '../terminal/text.ts';
import { explain, type Explanation, type Wait } from '#domain/mission/explain.ts';
import { planOf } from '#domain/mission/planned.ts';
import { currentTasks, endingOf } from '#domain/mission/view.ts';
import { readingMission, type Read, type Session } from './session.ts';

export interface WhyOptions {
  readonly task?: string;
  readonly json: boolean;
}

/** Explains a mission, or one of its tasks. */
export function whyCommand(session: Session, name: string, { task, json }: WhyOptions): Promise<number> {
  return readingMission(session, name, async (read) => {
    const { mission } = read.view;
    const known = new Set([...planOf(mission).map((planned) => planned.name), ...currentTasks(read.view).keys()]);
    if (task !== undefined && !known.has(task)) throw noTask(name, task, known);
    const waits = endingOf(mission) === undefined ? await askOperator(session, read, task) : [];
    const explanations = explain(read.view, waits, task);
    if (json) line(session.terminal, JSON.stringify({ mission: name, asked: waits !== undefined, explanations }));
    else for (const explanation of explanations) print(session, name, explanation);
    return exitCodes.ok;
  });
}

function noTask(mission: string, task: string, known: ReadonlySet<string>): Refusal {
  if (known.size === 0) return new Refusal(`find task ${task}: mission ${mission} has no tasks yet`, `kubectl mission why ${mission}`);
  return new Refusal(`find task ${task}: mission ${mission} has none of that name`, `choose one of ${[...known].join(', ')}`);
}

async function askOperator(session: Session, { cluster, view }: Read, task: string | undefined): Promise<readonly Wait[] | undefined> {
  try {
    const operator = await session.openOperator(cluster);
    try {
      return await operator.explain(view.mission.metadata.name, task);
    } finally {
      await operator.close();
    }
  } catch (error) {
    session.terminal.note(`the operator could not be asked (${plain(messageOf(error))}); this is what the objects say:`);
    return undefined;
  }
}

function print({ terminal }: Session, mission: string, { task, reason, message, next }: Explanation): void {
  const style = styleOf(terminal);
  const subject = task === undefined ? `mission ${mission}` : `task ${task}`;
  line(terminal, `${style.paint('strong', subject)} ${reason}: ${plain(message)}`);
  if (next !== '') line(terminal, `  next: ${next}`);
}
