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
  const file = new CappedFile(join(folder, 'current.log'), maxFileBytes);
  const followers = new Set<(line: string | undefined) => void>();
  const lines = lineSplitter((stream, isWhole, text) => {
    if (!file.isOpen) return; // output of a process that has been given up
    const line = `${new Date(now()).toISOString()} ${stream} ${isWhole ? 'F' : 'P'} ${text}`;
    file.append(`${line}\n`);
    for (const follower of followers) follower(line);
  });
  const end = () => {
    lines.flush();
    file.close();
    for (const follower of followers) follower(undefined);
    followers.clear();
  };
  return {
    begin: () => {
      end();
      keepAsPrevious(folder);
      file.open();
    },
    write: lines.write,
    end,
    get isOpen() {
      return file.isOpen;
    },
    read: (run) => readRun(join(folder, `${run}.log`)),
    follow: (follower) => {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}

/** Cuts output into lines, and lines that are too long into parts. */
function lineSplitter(put: (stream: LogStream, isWhole: boolean, text: string) => void) {
  const unfinished = { stdout: '', stderr: '' };
  return {
    write: (stream: LogStream, text: string): void => {
      const lines = (unfinished[stream] + text).split('\n');
      let last = lines.pop() ?? '';
      for (const line of lines) put(stream, true, line);
      for (; last.length > longestLine; last = last.slice(longestLine)) put(stream, false, last.slice(0, longestLine));
      unfinished[stream] = last;
    },
    flush: (): void => {
      for (const stream of ['stdout', 'stderr'] as const) {
        if (unfinished[stream] !== '') put(stream, true, unfinished[stream]);
        unfinished[stream] = '';
      }
    },
  };
}

/** A file that is moved aside when it is full; the one moved aside before is lost. */
class CappedFile {
  readonly #path: string;
  readonly #maxBytes: number;
  #file: number | undefined;
  #size = 0;

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  get isOpen(): boolean {
    return this.#file !== undefined;
  }

  open(): void {
    this.#file = openSync(this.#path, 'w', 0o600);
    this.#size = 0;
  }

  append(text: string): void {
    if (this.#size >= this.#maxBytes) {
      this.close();
      renameSync(this.#path, `${this.#path}.1`);
      this.open();
    }
    if (this.#file !== undefined) this.#size += writeSync(this.#file, text);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

function keepAsPrevious(folder: string): void {
  for (const end of ['.log', '.log.1']) {
    rmSync(join(folder, `previous${end}`), { force: true });
    if (existsSync(join(folder, `current${end}`))) renameSync(join(folder, `current${end}`), join(folder, `previous${end}`));
  }
}

function readRun(path: string): readonly string[] | undefined {
  if (!existsSync(path)) return undefined;
  const files = [`${path}.1`, path].filter((name) => existsSync(name));
  return files.flatMap((name) => readFileSync(name, 'utf8').split('\n').filter((line) => line !== ''));
}
