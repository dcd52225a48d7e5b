// The process back end: programs of the host in a folder of their own, behind the jail where the host has one.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { newUuid } from '#platform/ids.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { copyTree } from '#sandbox/copy-tree.ts';
import type { Jail } from '#sandbox/jail/launcher.ts';
import { OpenFolders } from '#sandbox/open-folders.ts';
import type { CopyIn, Prepared, Sandbox } from '#sandbox/port.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { createPrepared } from './prepared.ts';
import { findToolChains } from './tool-chains.ts';

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Enough for the largest builds we know; a bomb is stopped long before it hurts the node. */
const defaults = { processes: 2048, fileBytes: 8 * 1024 ** 3 } as const;

export interface ProcessSandboxOptions {
  /** Folder of its own, made when needed. */
  readonly workFolder: string;
  readonly jail: Jail;
  readonly clock: Clock;
  readonly log: Log;
  /** PATH that actions see; the usual folders of a Linux system unless told. */
  readonly path?: string;
  /** Most memory of a run whose action names no limit, in bytes; none unless told. */
  readonly memoryBytes?: number;
}

/** Runs command actions as processes of this host, with a scrubbed environment and the rights that their jail leaves them. */
export function createProcessSandbox({ workFolder, jail, clock, log, path = defaultPath, memoryBytes }: ProcessSandboxOptions): Sandbox {
  const tools = findToolChains(path, workFolder);
  const limits = { ...defaults, ...(memoryBytes === undefined ? {} : { memoryBytes }) };
  const prepare = async (copyIn: CopyIn | undefined): Promise<Prepared> => {
    const root = join(workFolder, newUuid());
    try {
      await mkdir(join(root, 'files'), { recursive: true, mode: 0o700 });
      if (copyIn !== undefined) await copyTree(copyIn, join(root, 'files'));
      return await createPrepared(root, { alsoReadable: copyIn?.alsoReadable ?? [], jail, tools: await tools, defaults: limits, clock });
    } catch (error) {
      await removeTree(root).catch((problem: unknown) => log.warn('a half-copied sandbox was left behind', { root, error: messageOf(problem) }));
      throw error;
    }
  };
  const open = new OpenFolders();
  return {
    name: 'process',
    probe: () => Promise.resolve(jail.report),
    prepare: (copyIn) => open.add(() => prepare(copyIn)),
    shutdown: () => open.close(),
  };
}
