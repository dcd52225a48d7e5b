// A prepared folder of the process back end: the files, a home and one temporary folder a run, removed together.
import { mkdir, realpath } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Clock } from '#platform/clock.ts';
import type { Action, Prepared, RunResult } from '#sandbox/port.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { findTool } from './find-tool.ts';
import { killMarked } from './kill.ts';
import type { OnOutput } from './output.ts';
import { notRun, runProcess } from './run.ts';

/** Prepares runs below `root`, whose folder `files` holds the files already. `path` is the PATH that actions see. */
export async function createPrepared(root: string, path: string, clock: Clock): Promise<Prepared> {
  const folder = join(root, 'files');
  const home = join(root, 'home');
  await mkdir(home, { recursive: true });
  const disposal = new AbortController();
  const running = new Set<Promise<RunResult>>();
  let runs = 0;

  const start = async (action: Action, signal: AbortSignal, onOutput?: OnOutput): Promise<RunResult> => {
    const [name, ...args] = action.command;
    if (name === undefined || name === '') return notRun('denied', 'the command is empty');
    const workingFolder = await below(folder, action.workingFolder ?? '.');
    if (workingFolder === undefined) return notRun('denied', `${action.workingFolder} is not a folder of the files`);
    const program = await findTool(name, path, workingFolder);
    if (program === undefined) return notRun('missingTool', `${name} is not installed on this agent`);
    runs += 1;
    const temporary = join(root, 'tmp', String(runs));
    await mkdir(temporary, { recursive: true });
    if (signal.aborted) return notRun('aborted', 'stopped before it started');
    const env = { ...action.env, PATH: path, HOME: home, TMPDIR: temporary, LANG: 'C.UTF-8' };
    return runProcess({ program, args, folder: workingFolder, env, limits: action.limits, marker: `TMPDIR=${temporary}` }, signal, clock, onOutput);
  };

  return {
    folder,
    run: async (action, signal, onOutput) => {
      const run = start(action, AbortSignal.any([signal, disposal.signal]), onOutput);
      running.add(run);
      return run.finally(() => running.delete(run));
    },
    dispose: async () => {
      disposal.abort();
      await Promise.allSettled(running);
      await killMarked(`HOME=${home}`);
      await removeTree(root);
    },
  };
}

/** Real path of `name` inside `folder`, or undefined when it is not there or leads out. */
async function below(folder: string, name: string): Promise<string | undefined> {
  try {
    const top = await realpath(folder);
    const path = await realpath(resolve(top, name));
    return relative(top, path).startsWith('..') ? undefined : path;
  } catch {
    return undefined;
  }
}
