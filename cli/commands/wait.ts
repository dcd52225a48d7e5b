// `wait`: blocks until a mission has ended. 0 succeeded, 1 failed, 2 anything that kept us from knowing.
import { exitCodes, Refusal } from '../failure.ts';
import { plain } from '../terminal/text.ts';
import { line } from '../terminal/terminal.ts';
import { missionTree } from '../tree/model.ts';
import { waitsForApproval } from '../world/approvals.ts';
import { type MissionFeed, untilEnded, type Watched } from '../world/feed.ts';
import { conditionOf, endingOf, type MissionView } from '#domain/mission/view.ts';
import { watchingMission, type Session } from './session.ts';

export interface WaitOptions {
  /** Longest time to wait, in milliseconds; unset: for ever. */
  readonly timeoutMs?: number;
  readonly json: boolean;
}

/** Waits for a mission's end and says how it went. */
export function waitCommand(session: Session, name: string, { timeoutMs, json }: WaitOptions): Promise<number> {
  return watchingMission(session, name, async ({ cluster, feed, view }) => {
    const { problem } = missionTree(view);
    if (problem !== undefined && endingOf(view.mission) === undefined) session.terminal.note(`mission ${name} is not accepted yet: ${plain(problem)}`);
    const stopTelling = tellApprovals(session, feed);
    const watched = await untilEnded(feed, { clock: session.clock, signal: session.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) }).finally(stopTelling);
    const last = feed.view() ?? view;
    if (watched.kind === 'timeout') throw new Refusal(`wait for mission ${name}: it has not ended in time (${stateOf(last)})`, `kubectl mission why ${name} -n ${cluster.namespace}`);
    if (watched.kind !== 'interrupted') line(session.terminal, json ? JSON.stringify(dataOf(last, watched)) : `mission ${name} ${resultOf(watched)}: ${verdictOf(last)}`);
    return exitCodeOf(watched);
  });
}

/** Says when a mission begins to wait for people: nobody shall wait for themselves without knowing it. */
function tellApprovals({ terminal }: Session, feed: MissionFeed): () => void {
  let before: string | undefined;
  const tell = () => {
    const mission = feed.view()?.mission;
    const now = mission && waitsForApproval(mission);
    if (now !== undefined && now !== before) terminal.note(`mission ${mission?.metadata.name ?? ''} ${now}`);
    before = now;
  };
  tell();
  return feed.onChange(tell);
}

function dataOf(view: MissionView, watched: Watched): object {
  const { metadata, status } = view.mission;
  return { mission: metadata.name, namespace: metadata.namespace, result: resultOf(watched), state: stateOf(view), goalsMet: status?.goalsMet, tasksDone: status?.tasksDone };
}

function verdictOf(view: MissionView): string {
  return plain(conditionOf(view.mission.status, 'Succeeded')?.message || stateOf(view));
}

/** Exit code of a command that watched a mission to its end. */
export function exitCodeOf(watched: Watched): number {
  switch (watched.kind) {
    case 'ended':
      return watched.ending === 'succeeded' ? exitCodes.ok : exitCodes.failed;
    case 'gone':
      return exitCodes.failed;
    case 'timeout':
      return exitCodes.trouble;
    case 'interrupted':
      return exitCodes.interrupted;
  }
}

function resultOf(watched: Watched): string {
  if (watched.kind === 'ended') return watched.ending;
  return watched.kind === 'gone' ? 'deleted' : watched.kind;
}

function stateOf({ mission }: MissionView): string {
  return conditionOf(mission.status, 'Succeeded')?.reason ?? 'Pending';
}
