// Runs the commands of one attempt: in one sandboxed copy of its workspace, made when the first command wants it.
import type { TaskLog } from '#agent-runtime/log.ts';
import type { CommandOptions } from '#agent-runtime/roles/action.ts';
import type { Workspace } from '#agent-runtime/workspace/workspace.ts';
import type { Boundary, Prepared, RunResult, Sandbox } from '#sandbox/port.ts';
import { isRefusal } from '#sandbox/refusal.ts';

/** Caps of one attempt; `outputBytes` holds for each of stdout and stderr. */
export const commandLimits = { copyFiles: 200_000, copyBytes: 2 * 1024 ** 3, outputBytes: 8 * 1024 ** 2 } as const;

export interface Commands {
  run(command: readonly string[], options?: CommandOptions): Promise<RunResult>;
  /** Folder whose files are the outcome: the copy when a command ran, else the workspace itself. */
  resultFolder(): string;
  /** What isolated the commands; undefined when none ran. */
  boundary(): Boundary | undefined;
  dispose(): Promise<void>;
}

export interface CommandsOptions {
  readonly sandbox: Sandbox;
  readonly workspace: Workspace;
  readonly log: TaskLog;
  readonly signal: AbortSignal;
  /** Longest run time of one command, in milliseconds. */
  readonly wallMs: number;
  readonly network: 'none' | 'open';
}

/** Commands of one attempt, one after the other. */
export function createCommands({ sandbox, workspace, log, signal, wallMs, network }: CommandsOptions): Commands {
  let prepared: Prepared | undefined;
  let boundary: Boundary | undefined;
  return {
    run: async (command, { timeoutSeconds } = {}) => {
      log.write(`$ ${command.map(quoted).join(' ')}\n`);
      try {
        prepared ??= await sandbox.prepare({ from: workspace.root, maxFiles: commandLimits.copyFiles, maxBytes: commandLimits.copyBytes });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return { ending: 'denied', message: error.message, stdout: '', stderr: '', durationMs: 0, boundary: 'none' };
      }
      const limits = { wallMs: Math.min(wallMs, (timeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000), outputBytes: commandLimits.outputBytes };
      const result = await prepared.run({ command, workingFolder: workspace.subPath, env: {}, limits, network }, signal, (_, chunk) => log.write(chunk));
      log.write(`[${result.ending}${result.exitCode === undefined ? '' : ` with ${result.exitCode}`}${result.message === undefined ? '' : `: ${result.message}`}]\n`);
      boundary = result.boundary;
      return result;
    },
    resultFolder: () => prepared?.folder ?? workspace.root,
    boundary: () => boundary,
    dispose: async () => prepared?.dispose(),
  };
}

function quoted(argument: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : JSON.stringify(argument);
}
