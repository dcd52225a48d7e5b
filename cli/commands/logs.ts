// `logs`: what agents wrote while they worked, of one task or of all, live and afterwards the same text.
import { exitCodes, Refusal } from '../failure.ts';
import { styleOf } from '../terminal/style.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { prefixed } from '../terminal/prefixed.ts';
import type { MissionFeed } from '../world/feed.ts';
import { followLog, printLog, type LogRequest, type LogSink, type LogSources } from '../world/logs.ts';
import { currentTasks, type MissionView } from '#domain/mission/view.ts';
import { lazily, readingMission, watchingMission, type Read, type Session } from './session.ts';

export interface LogsOptions {
  /** The one task to show; unset: all, each line with its task's name. */
  readonly task?: string;
  readonly follow: boolean;
}

/** How long a running attempt may be silent before a log that is not followed counts as complete, in milliseconds. */
const quietMs = 700;

/** Prints logs; 0 also when there is nothing to print. */
export function logsCommand(session: Session, mission: string, { task, follow }: LogsOptions): Promise<number> {
  const show = async (read: Read, feed: MissionFeed | undefined) => {
    const names = namesOf(read.view, task);
    const open = openSources(session, read);
    const { sources } = open;
    try {
      const requests = names.map((name) => ({ task: name, sources, sink: sinkFor(session.terminal, name, task === undefined) }));
      if (feed === undefined) for (const request of requests) await printOne(session, read.view, request);
      else await Promise.all(requests.map(async (request) => {
        await followLog(feed, request, session.signal);
        request.sink.end();
      }));
    } finally {
      await open.close();
    }
    return session.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
  };
  if (follow) return watchingMission(session, mission, (watching) => show(watching, watching.feed));
  return readingMission(session, mission, (read) => show(read, undefined));
}

type ClosingSink = LogSink & { end(): void };

async function printOne(session: Session, view: MissionView, request: LogRequest & { readonly sink: ClosingSink }): Promise<void> {
  await printLog(view, { ...request, sources: untilQuiet(session, request.sources) }, session.signal);
  request.sink.end();
}

/** Sources whose live log ends when nothing more comes for a moment: the text so far, without waiting for the attempt's end. */
function untilQuiet({ clock }: Session, sources: LogSources): LogSources {
  return {
    stored: (task) => sources.stored(task),
    async *live(task, from, signal) {
      const quiet = new AbortController();
      let cancel = clock.after(quietMs, () => quiet.abort());
      for await (const piece of sources.live(task, from, AbortSignal.any([signal, quiet.signal]))) {
        cancel();
        cancel = clock.after(quietMs, () => quiet.abort());
        yield piece;
      }
      cancel();
    },
  };
}

function openSources(session: Session, { cluster, view }: Read): { readonly sources: LogSources; close(): Promise<void> } {
  const mission = view.mission.metadata.name;
  const operator = lazily(() => session.openOperator(cluster));
  const blobs = lazily(() => session.openBlobs(cluster));
  return {
    sources: {
      async *live(task, from, signal) {
        yield* (await operator.get()).log(mission, task, from, signal);
      },
      async stored(task) {
        const artifact = task.status?.artifacts?.find(({ name }) => name === 'log');
        return artifact === undefined ? undefined : (await blobs.get()).read(mission, artifact);
      },
    },
    close: async () => {
      await Promise.all([operator.close(), blobs.close()]);
    },
  };
}

function namesOf(view: MissionView, task: string | undefined): readonly string[] {
  const known = [...new Set([...view.mission.spec.tasks.map(({ name }) => name), ...currentTasks(view).keys()])];
  if (task === undefined) return known;
  if (!known.includes(task)) throw new Refusal(`find task ${task}: mission ${view.mission.metadata.name} has none of that name`, `choose one of ${known.join(', ')}`);
  return [task];
}

function sinkFor(terminal: Terminal, task: string, many: boolean): ClosingSink {
  const note = (text: string) => terminal.note(many ? `[${task}] ${text}` : text);
  if (!many) return { write: (bytes) => terminal.write(bytes), note, end: () => {} };
  const lines = prefixed(styleOf(terminal).paint('calm', `[${task}] `), (text) => terminal.write(text));
  return { write: (bytes) => lines.write(bytes), note, end: () => lines.end() };
}
