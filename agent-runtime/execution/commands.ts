// Runs the commands and the code of one attempt, one after the other, and remembers what was measured of them.
import { join } from 'node:path';
import type { ActualState } from '#domain/consistency/state.ts';
import type { TaskLog } from '#agent-runtime/log.ts';
import type { CodeRequest, CommandOptions } from '#agent-runtime/roles/action.ts';
import { maskSecrets } from '#agent-runtime/roles/analyzer/secrets/mask-secrets.ts';
import type { Workspace } from '#agent-runtime/workspace/workspace.ts';
import type { Action, Boundary, Prepared, RunResult } from '#sandbox/port.ts';
import { isRefusal } from '#sandbox/refusal.ts';
import { maskedRun, maskingStream } from './masking.ts';
import { readOutput } from './outputs.ts';
import { copyLimits, createStage, type Sandboxes, type Stage } from './stage.ts';

/** Most bytes of each of stdout and stderr. */
const outputBytes = 8 * 1024 ** 2;

/** What was measured of the last run. */
export type Measured = Pick<ActualState, 'exitCode' | 'cut' | 'executed'>;

/** The files that an attempt leaves behind, or why none are taken. */
export type ResultFolder = { readonly kind: 'folder'; readonly folder: string } | { readonly kind: 'refused'; readonly reason: 'OutputTooLarge' | 'WorkspaceFailed'; readonly message: string };

export interface Commands {
  run(command: readonly string[], options?: CommandOptions): Promise<RunResult>;
  runCode(request: CodeRequest): Promise<RunResult>;
  readOutput(path: string): Promise<string | undefined>;
  /** Where the files of the working folder are now: in the copy once something ran. */
  folder(): string;
  /** Makes the runs a check: they start from `tree`, and nothing they change is kept. To be called before the first of them. */
  checkOn(tree: string): void;
  /** Puts the files into a fresh copy of the workspace, where everything works from now on. Why not, when they may not be copied. */
  startOver(): Promise<string | undefined>;
  /** The copy when something ran that may change files, else the workspace itself. */
  resultFolder(): Promise<ResultFolder>;
  measured(): Measured;
  /** The weakest boundary that isolated a run; undefined when nothing ran. */
  boundary(): Boundary | undefined;
  dispose(): Promise<void>;
}

export interface CommandsOptions {
  readonly sandboxes: Sandboxes;
  readonly workspace: Workspace;
  readonly log: TaskLog;
  readonly signal: AbortSignal;
  /** Longest run time of one command, in milliseconds. */
  readonly wallMs: number;
  readonly network: 'none' | 'open';
}

/** The runs of one attempt. */
export function createCommands({ sandboxes, workspace, log, signal, wallMs, network }: CommandsOptions): Commands {
  let checked: string | undefined;
  const stage = createStage({ sandboxes, root: workspace.root, borrowed: workspace.borrowed, onFirst: async (folder) => (checked === undefined ? undefined : workspace.tools.checkOutInto(folder, checked)) });
  const runs = createRuns(stage, log, signal);
  return {
    run: (command, { timeoutSeconds, env = {}, offline = false } = {}) => {
      const limits = { wallMs: Math.min(wallMs, (timeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000), outputBytes };
      return runs.perform(command.map(quoted).join(' '), { kind: 'command', command, workingFolder: workspace.subPath, env, limits, network: offline ? 'none' : network });
    },
    runCode: ({ source, input, memoryBytes, ...code }) => runs.perform('(code)', { kind: 'code', source, input, workingFolder: workspace.subPath, limits: { wallMs: Math.min(wallMs, code.wallMs), memoryBytes, outputBytes } }),
    folder: () => join(stage.current()?.folder ?? workspace.root, workspace.subPath),
    readOutput: async (path) => {
      const [folder, temporary] = [stage.current()?.folder, runs.last()?.temporaryFolder];
      const text = folder === undefined ? undefined : await readOutput([join(folder, workspace.subPath), ...(temporary === undefined ? [] : [temporary])], path);
      return text === undefined ? undefined : maskSecrets(text);
    },
    checkOn: (tree) => {
      checked = tree;
    },
    startOver: () => startOver(stage),
    resultFolder: async () => {
      const prepared = stage.current();
      if (prepared === undefined || checked !== undefined) return { kind: 'folder', folder: workspace.root };
      const reasons = await prepared.inspect(copyLimits);
      return reasons.length === 0 ? { kind: 'folder', folder: prepared.folder } : refused(reasons);
    },
    measured: () => measuredOf(runs.last()),
    boundary: runs.boundary,
    dispose: () => stage.dispose(),
  };
}

interface Runs extends Pick<Commands, 'boundary'> {
  perform(title: string, action: Action): Promise<RunResult>;
  last(): RunResult | undefined;
}

/** Runs actions on a stage, each told in the log. */
function createRuns(stage: Stage, log: TaskLog, signal: AbortSignal): Runs {
  let last: RunResult | undefined;
  let boundary: Boundary | undefined;
  return {
    perform: async (title, action) => {
      log.write(`$ ${title}\n`);
      const streams = { stdout: maskingStream((bytes) => log.write(bytes)), stderr: maskingStream((bytes) => log.write(bytes)) };
      last = maskedRun(await start(stage, action, (prepared) => prepared.run(action, signal, (stream, chunk) => streams[stream].write(chunk))));
      for (const stream of Object.values(streams)) stream.end();
      const { ending, exitCode, message } = last;
      log.write(`[${ending}${exitCode === undefined ? '' : ` with ${exitCode}`}${message === undefined ? '' : `: ${message}`}]\n`);
      if (ending !== 'denied' && ending !== 'missingTool') boundary = boundary === undefined ? last.boundary : weaker(boundary, last.boundary);
      return last;
    },
    last: () => last,
    boundary: () => boundary,
  };
}

/** Files that may not be copied are a denial: nothing is wrong with the agent. */
async function start(stage: Stage, { kind }: Action, run: (prepared: Prepared) => Promise<RunResult>): Promise<RunResult> {
  try {
    return await run(await stage.enter(kind === 'code' ? 'wasm' : 'process'));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { ending: 'denied', message: error.message, stdout: '', stderr: '', durationMs: 0, boundary: 'none' };
  }
}

async function startOver(stage: Stage): Promise<string | undefined> {
  try {
    await stage.restart('process');
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error.message;
  }
}

function measuredOf(last: RunResult | undefined): Measured {
  if (last === undefined) return {};
  if (last.ending !== 'completed' && last.ending !== 'failed') return { cut: last.ending };
  return { executed: true, ...(last.exitCode === undefined ? {} : { exitCode: last.exitCode }) };
}

const byStrength: readonly Boundary[] = ['none', 'partial', 'full'];

function weaker(one: Boundary, other: Boundary): Boundary {
  return byStrength.indexOf(one) < byStrength.indexOf(other) ? one : other;
}

function refused(reasons: readonly string[]): ResultFolder {
  const shown = reasons.slice(0, 5).join('; ');
  const more = reasons.length > 5 ? `; and ${reasons.length - 5} more` : '';
  return { kind: 'refused', reason: reasons.some((reason) => /\bmore than \d/.test(reason)) ? 'OutputTooLarge' : 'WorkspaceFailed', message: `take the files out of the sandbox: ${shown}${more}; nothing was taken` };
}

function quoted(argument: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : JSON.stringify(argument);
}
