// The log of one container on disk, in the line format of the container runtimes: `<time> <stream> <F|P> <text>`. At most 20 MiB for a run.
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export type LogStream = 'stdout' | 'stderr';

/** Two files of this size make the cap of a run. */
export const logFileBytes = 10 * 1024 * 1024;
const longestLine = 16_384;

export interface ContainerLog {
  /** Starts a new run: what was written so far becomes the previous run's log. */
  begin(): void;
  write(stream: LogStream, text: string): void;
  /** Ends the run: an unfinished last line is written, followers are told. */
  end(): void;
  readonly isOpen: boolean;
  /** Lines of a run as they are on disk, oldest first; undefined when there was no such run. */
  read(run: 'current' | 'previous'): readonly string[] | undefined;
  /** Calls `follower` with each later line, and with undefined at the end of the run. */
  follow(follower: (line: string | undefined) => void): () => void;
}

/** The log in `folder`, which nobody else writes. `maxFileBytes` is for tests. */
export function openContainerLog(folder: string, now: () => number, maxFileBytes = logFileBytes): ContainerLog {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = (name: string) => join(folder, name);
  const followers = new Set<(line: string | undefined) => void>();
  const unfinished = { stdout: '', stderr: '' };
  let file: number | undefined;
  let size = 0;

  function put(stream: LogStream, isWhole: boolean, text: string): void {
    if (file === undefined) return;
    const line = `${new Date(now()).toISOString()} ${stream} ${isWhole ? 'F' : 'P'} ${text}`;
    if (size >= maxFileBytes) {
      closeSync(file);
      renameSync(path('current.log'), path('current.log.1'));
      file = openSync(path('current.log'), 'w', 0o600);
      size = 0;
    }
    size += writeSync(file, `${line}\n`);
    for (const follower of followers) follower(line);
  }

  function end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (unfinished[stream] !== '') put(stream, true, unfinished[stream]);
      unfinished[stream] = '';
    }
    if (file !== undefined) closeSync(file);
    file = undefined;
    for (const follower of followers) follower(undefined);
    followers.clear();
  }

  return {
    begin: () => {
      end();
      for (const name of ['.log', '.log.1']) {
        rmSync(path(`previous${name}`), { force: true });
        if (existsSync(path(`current${name}`))) renameSync(path(`current${name}`), path(`previous${name}`));
      }
      file = openSync(path('current.log'), 'w', 0o600);
      size = 0;
    },
    write: (stream, text) => {
      const lines = (unfinished[stream] + text).split('\n');
      unfinished[stream] = lines.pop() ?? '';
      for (const line of lines) put(stream, true, line);
      while (unfinished[stream].length > longestLine) {
        put(stream, false, unfinished[stream].slice(0, longestLine));
        unfinished[stream] = unfinished[stream].slice(longestLine);
      }
    },
    end,
    get isOpen() {
      return file !== undefined;
    },
    read: (run) => readRun(path(`${run}.log`)),
    follow: (follower) => {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}

function readRun(path: string): readonly string[] | undefined {
  if (!existsSync(path)) return undefined;
  const files = [`${path}.1`, path].filter((name) => existsSync(name));
  return files.flatMap((name) => readFileSync(name, 'utf8').split('\n').filter((line) => line !== ''));
}
