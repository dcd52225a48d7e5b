// `lessons`: what the plans of a mission were told of earlier ones, and what the mission itself has taught.
import type { Lesson, LessonsAnswer } from '#api/memory.ts';
import { exitCodes } from '../failure.ts';
import { type Style, styleOf } from '../terminal/style.ts';
import { line } from '../terminal/terminal.ts';
import { plain } from '../terminal/text.ts';
import { type Session, withCluster } from './session.ts';

/** Prints them, also of a mission that is deleted. */
export async function lessonsCommand(session: Session, mission: string, { json }: { readonly json: boolean }): Promise<number> {
  return withCluster(session, async (cluster) => {
    const memory = await session.openMemory(cluster);
    try {
      const answer = await memory.lessons(mission, session.signal);
      if (json) line(session.terminal, JSON.stringify({ namespace: cluster.namespace, ...answer }));
      else print(session, answer);
      return exitCodes.ok;
    } finally {
      await memory.close();
    }
  });
}

function print(session: Session, { mission, given, left, episodes, unchecked }: LessonsAnswer): void {
  const style = styleOf(session.terminal);
  const show = (text: string) => line(session.terminal, text);
  for (const { plan, ids, lessons } of given) {
    show(style.paint('strong', `given to plan ${plan}`));
    for (const lesson of lessons) linesOf(lesson, style).forEach(show);
    for (const id of ids.filter((known) => !lessons.some((lesson) => lesson.id === known))) show(`  ${plain(id)}: not kept any more`);
  }
  if (left.length > 0) show(style.paint('strong', `left by mission ${mission}`));
  for (const lesson of left) linesOf(lesson, style).forEach(show);
  session.terminal.note(episodes === 0 && given.length === 0 ? `nothing is remembered of mission ${mission} ; next: a mission leaves lessons when it has ended and its goals are decided, see docs/memory.md` : `${episodes} ${episodes === 1 ? 'episode is' : 'episodes are'} kept of this mission, ${unchecked} of them unchecked: no plan is made from those.`);
}

function linesOf({ id, goal, verdict, because, plan, costUsd, seconds }: Lesson, style: Style): readonly string[] {
  const isGood = verdict === 'Worked';
  return [
    `  ${style.paint(isGood ? 'good' : 'bad', `${isGood ? style.symbols.good : style.symbols.bad} ${verdict}`)}  ${onOneLine(goal)}`,
    `    because  ${onOneLine(because)}`,
    ...plan.map((task, index) => `    ${index === 0 ? 'plan   ' : '       '}  ${onOneLine(task)}`),
    `    cost     ${costUsd} USD, ${seconds} s  (${plain(id)})`,
  ];
}

function onOneLine(text: string): string {
  const words = plain(text.replaceAll(/\s+/g, ' ')).trim();
  return words.length > 160 ? `${words.slice(0, 157)}...` : words;
}
