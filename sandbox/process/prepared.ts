// A prepared folder of the process back end: the files, a home and one temporary folder a run, removed together.
import { mkdir, realpath } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Clock } from '#platform/clock.ts';
import { inspectTree } from '#sandbox/copy-out.ts';
import { killMarked } from './kill.ts';
import type { Jail, JailLimits, JailOrder } from '#sandbox/jail/launcher.ts';
import type { Action, CommandAction, Limits, Prepared, RunResult } from '#sandbox/port.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { findTool } from './find-tool.ts';
import type { OnOutput } from './output.ts';
import { runProcess } from './run.ts';
import type { ToolChains } from './tool-chains.ts';

/** What all folders of a back end share. */
export interface PreparedDeps {
  readonly jail: Jail;
  readonly tools: ToolChains;
  /** Limits of a run whose action names none. */
  readonly defaults: JailLimits;
  readonly clock: Clock;
}

/** What a folder has besides. */
interface Surroundings extends PreparedDeps {
  readonly alsoReadable: readonly string[];
}

/** Folders below one root. */
interface Place {
  readonly files: string;
  readonly home: string;
  /** A new folder for temporary files. */
  temporary(): Promise<string>;
}

/** Prepares runs below `root`, whose folder `files` holds the files already. */
export async function createPrepared(root: string, deps: Surroundings): Promise<Prepared> {
  const place = placeIn(root);
  await mkdir(place.home, { recursive: true });
  const disposal = new AbortController();
  const running = new Set<Promise<RunResult>>();
  return {
    folder: place.files,
    run: async (action, signal, onOutput) => {
      const run = start(place, deps, action, { signal: AbortSignal.any([signal, disposal.signal]), onOutput });
      running.add(run);
      return run.finally(() => running.delete(run));
    },
    inspect: (caps) => inspectTree(place.files, caps),
    dispose: async () => {
      disposal.abort();
      await Promise.allSettled(running);
      if (deps.jail.report.boundary === 'none') await killMarked(`HOME=${place.home}`);
      await removeTree(root);
    },
  };
}

function placeIn(root: string): Place {
  let runs = 0;
  return {
    files: join(root, 'files'),
    home: join(root, 'home'),
    temporary: async () => {
      runs += 1;
      const folder = join(root, 'tmp', String(runs));
      await mkdir(folder, { recursive: true });
      return folder;
    },
  };
}

interface Listener {
  readonly signal: AbortSignal;
  readonly onOutput: OnOutput | undefined;
}

async function start(place: Place, deps: Surroundings, action: Action, { signal, onOutput }: Listener): Promise<RunResult> {
  const refuse = (ending: Refused['ending'], message: string): RunResult => ({ ending, message, stdout: '', stderr: '', durationMs: 0, boundary: deps.jail.report.boundary });
  if (action.kind !== 'command') return refuse('denied', 'this sandbox runs commands, not code actions');
  const found = await find(action, place.files, deps.tools.path);
  if ('ending' in found) return refuse(found.ending, found.message);
  const temporaryFolder = await place.temporary();
  if (signal.aborted) return refuse('aborted', 'stopped before it started');
  const order = orderOf(action, found, deps, { files: place.files, home: place.home, temporaryFolder });
  const result = await runProcess({ jail: deps.jail, order, outputBytes: action.limits.outputBytes, clock: deps.clock }, signal, onOutput);
  return { ...result, temporaryFolder };
}

function orderOf({ command, env, network, limits }: CommandAction, { program, workingFolder }: Found, { tools, defaults, alsoReadable }: Surroundings, own: { readonly files: string; readonly home: string; readonly temporaryFolder: string }): JailOrder {
  return {
    command: [program, ...command.slice(1)],
    folder: workingFolder,
    env: { ...env, ...tools.env, PATH: tools.path, HOME: own.home, TMPDIR: own.temporaryFolder, LANG: 'C.UTF-8' },
    writable: [own.files, own.home, own.temporaryFolder],
    readable: [...tools.readable(network), ...alsoReadable],
    network,
    stdin: 'none',
    limits: { ...defaults, ...limitsOf(limits) },
  };
}

interface Found {
  readonly program: string;
  readonly workingFolder: string;
}

interface Refused {
  readonly ending: 'denied' | 'missingTool' | 'aborted';
  readonly message: string;
}

async function find({ command: [name], workingFolder: wish = '.' }: CommandAction, folder: string, path: string): Promise<Found | Refused> {
  if (name === undefined || name === '') return { ending: 'denied', message: 'the command is empty' };
  const workingFolder = await below(folder, wish);
  if (workingFolder === undefined) return { ending: 'denied', message: `${wish} is not a folder of the files` };
  const program = await findTool(name, path, workingFolder);
  return program === undefined ? { ending: 'missingTool', message: `${name} is not installed on this agent` } : { program, workingFolder };
}

function limitsOf({ wallMs, cpuMs, memoryBytes, processes }: Limits): JailLimits {
  return { wallMs, ...(cpuMs === undefined ? {} : { cpuMs }), ...(memoryBytes === undefined ? {} : { memoryBytes }), ...(processes === undefined ? {} : { processes }) };
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
