// Where probes are let loose: in the process back end, or under any order to the jail.
import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#platform/clock.ts';
import { newUuid } from '#platform/ids.ts';
import type { Jail, JailLimits, JailOrder } from '#sandbox/jail/launcher.ts';
import type { Limits, RunResult, Sandbox } from '#sandbox/port.ts';
import { runProcess } from '#sandbox/process/run.ts';
import { removeTree } from '#sandbox/remove-tree.ts';

/** One run of a probe, which has ended; its folder is still there. */
export interface Attempt {
  readonly result: RunResult;
  readonly folder: string;
  dispose(): Promise<void>;
}

/** A place to run probes in. The first word of `command` is `probe` or `node`. */
export interface Runner {
  /** Folder that holds the folders of runs. */
  readonly runs: string;
  run(command: readonly string[], limits: Limits): Promise<Attempt>;
}

export interface RunnerParts {
  /** Built from native/. */
  readonly probeProgram: string;
  readonly runs: string;
  /** Target of a link that lies in every workspace. */
  readonly secret: string;
}

/** Probes as command actions of a back end, whose folder for work is `runs`. */
export function underSandbox(sandbox: Sandbox, { probeProgram, runs, secret }: RunnerParts): Runner {
  return {
    runs,
    run: async ([program = '', ...args], limits) => {
      const prepared = await sandbox.prepare();
      const { folder } = prepared;
      await copyFile(probeProgram, join(folder, 'probe'));
      await symlink(secret, join(folder, 'planted'));
      const command = [program === 'probe' ? './probe' : program, ...args];
      const result = await prepared.run({ kind: 'command', command, env: {}, limits, network: 'none' }, new AbortController().signal);
      return { result, folder, dispose: () => prepared.dispose() };
    },
  };
}

/** Probes under an order, whose own command they replace: what it may read, write and use is what they may. */
export function underOrder(jail: Jail, orderFor: (folder: string) => JailOrder, { probeProgram, runs, secret, clock }: RunnerParts & { readonly clock: Clock }): Runner {
  return {
    runs,
    run: async ([program = '', ...args], { outputBytes, ...limits }) => {
      const root = join(runs, newUuid());
      const folder = join(root, 'files');
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await copyFile(probeProgram, join(folder, 'probe'));
      await symlink(secret, join(folder, 'planted'));
      const order = orderFor(folder);
      const command = [program === 'probe' ? join(folder, 'probe') : process.execPath, ...args];
      const result = await runProcess({ jail, order: { ...order, command, stdin: 'none', limits: tighter(order.limits, limits) }, outputBytes, clock }, new AbortController().signal);
      return { result, folder, dispose: () => removeTree(root) };
    },
  };
}

function tighter(own: JailLimits, other: JailLimits): JailLimits {
  const names = [...new Set([...Object.keys(own), ...Object.keys(other)])] as (keyof JailLimits)[];
  return Object.fromEntries(names.map((name) => [name, Math.min(own[name] ?? Number.POSITIVE_INFINITY, other[name] ?? Number.POSITIVE_INFINITY)]));
}
