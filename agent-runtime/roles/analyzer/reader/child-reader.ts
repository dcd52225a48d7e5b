// Parses in a child process with bounds on its memory and time. It is started for the first file and again after a file that was too much for it.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Source } from '#agent-runtime/roles/analyzer/facts.ts';
import type { Answer, Reader } from './reader.ts';

export interface ReaderLimits {
  /** Longest time for one file, in milliseconds. */
  readonly fileMs: number;
  /** Most memory of the child, in KiB; some 600 MiB of it Node reserves and does not use. */
  readonly memoryKiB: number;
  /** So many files may be too much; what comes after is not read. */
  readonly deaths: number;
}

const usualLimits: ReaderLimits = { fileMs: 10_000, memoryKiB: 2 * 1024 * 1024, deaths: 5 };

/** In a group that runs out of memory this child goes first. Its CPU seconds are bounded for the case that nobody is left to kill it. */
const bounded = 'echo 1000 >/proc/self/oom_score_adj; ulimit -t 600; ulimit -d "$0" && exec "$@"';

/** A reader with a child of its own. */
export function openChildReader(limits: ReaderLimits = usualLimits): Reader {
  let child: ChildProcess | undefined;
  let deaths = 0;
  let isClosed = false;
  return {
    read: async (source) => {
      if (isClosed || deaths >= limits.deaths) return { kind: 'unread', why: 'the parser was given up after other files' };
      child ??= start(limits);
      const answer = await ask(child, source, limits.fileMs);
      if (answer !== undefined) return answer;
      child.kill('SIGKILL');
      child = undefined;
      deaths += 1;
      return { kind: 'unread', why: 'its syntax is too much for the parser' };
    },
    close: () => {
      isClosed = true;
      child?.kill('SIGKILL');
    },
  };
}

function start({ memoryKiB }: ReaderLimits): ChildProcess {
  const here = import.meta.dirname;
  const entry = import.meta.filename.endsWith('.js') ? join(here, 'analyzer-reader.js') : join(here, 'main.ts');
  return spawn('/bin/sh', ['-c', bounded, String(memoryKiB), process.execPath, entry], { env: {}, serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
}

/** What the child answers, or undefined when it dies or takes too long. */
function ask(child: ChildProcess, source: Source, limitMs: number): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const answered = (answer: Answer) => done(answer);
    const gone = () => done(undefined);
    const timer = setTimeout(gone, limitMs);
    const done = (answer: Answer | undefined) => {
      clearTimeout(timer);
      child.off('message', answered).off('exit', gone).off('error', gone);
      resolve(answer);
    };
    child.once('message', answered).once('exit', gone).once('error', gone);
    // The channel of a child that has just died is closed; its end is reported above.
    child.send(source, (error) => error !== null && gone());
  });
}
