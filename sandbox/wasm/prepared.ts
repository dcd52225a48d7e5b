// A prepared folder of the WebAssembly back end: the first run has the child that was born with it, later ones get their own.
import type { Clock } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import { inspectTree } from '#sandbox/copy-out.ts';
import type { Action, Boundary, Prepared, RunResult } from '#sandbox/port.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import type { Child } from './child.ts';
import type { OnPrint } from './conversation.ts';
import { runOnChild } from './run.ts';

/** A child and the folder that is its own. */
export interface Place extends Child {
  readonly root: string;
  /** Folder of the files, below `root`. */
  readonly folder: string;
}

export interface PreparedDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly boundary: Boundary;
  /** Another child for the same folder. */
  readonly restart: (place: Place) => Child;
}

/** Runs over the files of `place`. */
export function createPrepared(place: Place, deps: PreparedDeps): Prepared {
  const disposal = new AbortController();
  const running = new Set<Promise<RunResult>>();
  let first: Child | undefined = place;
  // One that dies while the files are copied is replaced.
  void place.ended.then(() => (first = undefined));

  const start = async (action: Action, signal: AbortSignal, onOutput: OnPrint | undefined): Promise<RunResult> => {
    if (action.kind !== 'code') return notRun('denied', 'this sandbox runs code actions, not commands', deps.boundary);
    if (signal.aborted) return notRun('aborted', 'stopped before it started', deps.boundary);
    const child = first ?? deps.restart(place);
    first = undefined;
    const seed = Math.floor(deps.random.next() * 2 ** 32);
    return runOnChild(child, action, { ...deps, seed }, { signal, onOutput });
  };

  return {
    folder: place.folder,
    run: (action, signal, onOutput) => {
      const run = start(action, AbortSignal.any([signal, disposal.signal]), onOutput);
      running.add(run);
      return run.finally(() => running.delete(run));
    },
    inspect: (caps) => inspectTree(place.folder, caps),
    dispose: async () => {
      disposal.abort();
      first?.stop();
      await Promise.allSettled([...running, first?.ended]);
      await removeTree(place.root);
    },
  };
}

function notRun(ending: 'denied' | 'aborted', message: string, boundary: Boundary): RunResult {
  return { ending, message, stdout: '', stderr: '', durationMs: 0, boundary };
}
