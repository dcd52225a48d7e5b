// The log of a task as one text: from the operator while an attempt runs, from the artifact `log` once it is over, without a seam between them.
import type { Task } from '#api/v1alpha1/task.ts';
import type { LogPiece } from '../access/operator.ts';
import { nextChange, type MissionFeed } from './feed.ts';
import { currentTasks, type MissionView } from '#domain/mission/view.ts';

export interface LogSources {
  /** Log of the running attempt from an offset; ends with the attempt or with `signal`. */
  live(task: string, from: number, signal: AbortSignal): AsyncIterable<LogPiece>;
  /** Log of a task that has ended; undefined when it has none. */
  stored(task: Task): Promise<Uint8Array | undefined>;
}

export interface LogSink {
  /** Bytes of the log, in order. */
  write(bytes: Uint8Array): void;
  /** Something that is not in the log: for people. */
  note(text: string): void;
}

export interface LogRequest {
  readonly task: string;
  readonly sources: LogSources;
  readonly sink: LogSink;
}

interface Position {
  /** Attempt that the bytes written so far belong to, from 1. */
  readonly attempt: number;
  readonly offset: number;
}

/** Writes what there is of a task's log now. */
export async function printLog(view: MissionView, request: LogRequest, signal: AbortSignal): Promise<void> {
  const task = currentTasks(view).get(request.task);
  const start = { attempt: attemptOf(task), offset: 0 };
  if (task?.status?.outcome !== undefined) return printRest(task, start, request);
  const { offset } = isReady(view, request.task) ? await copyLive(start, request, signal) : start;
  if (offset === 0) request.sink.note(`no log yet: no agent works on task ${request.task}`);
}

/** Writes a task's log while it grows, across attempts, until the task has ended or `signal` aborts. */
export async function followLog(feed: MissionFeed, request: LogRequest, signal: AbortSignal): Promise<void> {
  let at: Position = { attempt: 1, offset: 0 };
  while (!signal.aborted) {
    const view = feed.view();
    if (view === undefined) return;
    const task = currentTasks(view).get(request.task);
    if (attemptOf(task) !== at.attempt) {
      if (at.offset > 0) request.sink.note(`attempt ${at.attempt} has failed; attempt ${attemptOf(task)} follows`);
      at = { attempt: attemptOf(task), offset: 0 };
    }
    if (task?.status?.outcome !== undefined) return printRest(task, at, request);
    // Subscribed before asking: a change that comes while the stream is read must not be slept through.
    const asked = new AbortController();
    const changed = nextChange(feed, AbortSignal.any([signal, asked.signal]));
    if (isReady(view, request.task)) at = await copyLive(at, request, signal);
    await changed;
    asked.abort();
  }
}

async function copyLive(at: Position, { task, sources, sink }: LogRequest, signal: AbortSignal): Promise<Position> {
  let { offset } = at;
  for await (const { offset: start, data } of sources.live(task, offset, signal)) {
    if (start > offset) sink.note(`${start - offset} bytes are missing here`);
    const fresh = data.subarray(Math.max(0, offset - start));
    if (fresh.length > 0) sink.write(fresh);
    offset = Math.max(offset, start + data.length);
  }
  return { ...at, offset };
}

async function printRest(task: Task, { offset }: Position, { task: name, sources, sink }: LogRequest): Promise<void> {
  const text = await sources.stored(task);
  if (text !== undefined) sink.write(text.subarray(offset));
  else if (offset === 0) sink.note(`task ${name} has no log: ${task.status?.outcome?.result ?? ''} ${task.status?.outcome?.reason ?? ''}`);
}

/** True when nothing of the mission keeps the task from running; only then is the operator worth asking. */
function isReady(view: MissionView, name: string): boolean {
  const tasks = currentTasks(view);
  return tasks.get(name)?.spec.dependsOn.every((dependency) => tasks.get(dependency)?.status?.outcome !== undefined) === true;
}

function attemptOf(task: Task | undefined): number {
  return Math.max(1, task?.status?.attempt ?? 1);
}
