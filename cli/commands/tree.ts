// `tree`: a mission live until it has ended, or as it is now; then the summary.
import { formatTimeMs, type Instant } from '#api/time.ts';
import { liveFacts } from '../access/live.ts';
import { exitCodes } from '../failure.ts';
import { styleOf } from '../terminal/style.ts';
import { line } from '../terminal/terminal.ts';
import { follow, noLiveFacts, type LiveFacts } from '../tree/follow.ts';
import { missionTree } from '../tree/model.ts';
import { renderTree } from '../tree/render.ts';
import { summary } from '../tree/summary.ts';
import { messageOf } from '#platform/errors.ts';
import { plain } from '../terminal/text.ts';
import type { Watched } from '../world/feed.ts';
import { endingOf, type MissionView } from '#domain/mission/view.ts';
import { lazily, reachWords, readingMission, watchingMission, type Session, type Watching } from './session.ts';
import { exitCodeOf } from './wait.ts';

export interface TreeOptions {
  /** Show the tree as it is now and end. */
  readonly once: boolean;
  readonly json: boolean;
}

/** Shows a mission. Live, the exit code tells its outcome; a snapshot always ends with 0. */
export function treeCommand(session: Session, name: string, { once, json }: TreeOptions): Promise<number> {
  if (!once && !json) return watchingMission(session, name, (watching) => showUntilEnded(session, watching));
  return readingMission(session, name, async ({ view }) => {
    if (json) line(session.terminal, JSON.stringify(treeData(view)));
    else snapshot(session, view);
    return exitCodes.ok;
  });
}

/** Shows a mission until it has ended and prints the summary; the exit code tells the outcome. */
export async function showUntilEnded(session: Session, watching: Watching): Promise<number> {
  const { terminal } = session;
  const { watched, view } = await showLive(session, watching);
  const { name } = view.mission.metadata;
  const reach = reachWords(session.reach, watching.cluster);
  if (watched.kind === 'interrupted') terminal.note(`mission ${name} goes on without you ; next: kubectl mission tree ${name} ${reach.join(' ')}`);
  else if (watched.kind === 'gone') terminal.note(`mission ${name} was deleted`);
  else for (const text of ['', ...summary(view, { columns: terminal.size().columns, style: styleOf(terminal), reach })]) line(terminal, text);
  return exitCodeOf(watched);
}

/** Shows a mission until it has ended; gives how, and the mission as it was last seen. */
export async function showLive(session: Session, { cluster, feed, view }: Watching): Promise<{ readonly watched: Watched; readonly view: MissionView }> {
  const { terminal, clock } = session;
  const done = new AbortController();
  const operator = lazily(() => session.openOperator(cluster));
  let last = view;
  // One that has ended may be deleted before the last words are said of it.
  const forget = feed.onChange(() => void (last = feed.view() ?? last));
  const live = endingOf(view.mission) === undefined ? await liveOrNone(session, () => operator.get(), { name: view.mission.metadata.name, signal: done.signal }) : noLiveFacts;
  try {
    const watched = await follow({ feed, live, terminal, clock }, session.signal);
    return { watched, view: feed.view() ?? last };
  } finally {
    forget();
    done.abort();
    await operator.close();
  }
}

async function liveOrNone(session: Session, open: () => ReturnType<Session['openOperator']>, { name, signal }: { readonly name: string; readonly signal: AbortSignal }): Promise<LiveFacts> {
  try {
    return liveFacts(await open(), name, { clock: session.clock, signal });
  } catch (error) {
    session.terminal.note(`no progress within tasks: ${plain(messageOf(error))}`);
    return noLiveFacts;
  }
}

function snapshot({ terminal, clock }: Session, view: MissionView): void {
  const { columns } = terminal.size();
  for (const text of renderTree(missionTree(view), { columns, rows: Number.MAX_SAFE_INTEGER, style: styleOf(terminal) }, clock.now())) line(terminal, text);
}

function treeData(view: MissionView): object {
  const { rows, ...head } = missionTree(view);
  return { ...dated(head), tasks: rows.map(({ branches, ...row }) => ({ ...dated(row), depth: branches.length })), goalStates: view.mission.status?.goals ?? [] };
}

/** Data has its times as Kubernetes writes them. */
function dated<T extends { readonly startTime?: Instant }>({ startTime, ...rest }: T): object {
  return { ...rest, ...(startTime === undefined ? {} : { startTime: formatTimeMs(startTime) }) };
}
