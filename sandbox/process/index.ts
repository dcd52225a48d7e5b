// The process back end: programs of the host in a folder of their own. Without the jail it bounds time and output, and admits that it bounds nothing else.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#platform/clock.ts';
import { messageOf, PlatformError } from '#platform/errors.ts';
import { newUuid } from '#platform/ids.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { copyTree } from '#sandbox/copy-tree.ts';
import type { Prepared, Sandbox } from '#sandbox/port.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { createPrepared } from './prepared.ts';

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const missing = [
  'no jail is installed on this agent: commands run with its user and can read and write what it can',
  'the network is open to commands, whatever they ask for',
  'memory, CPU time and the number of processes are bounded only by the pod',
  'a command that replaces its environment and leaves its process group can outlive its run',
];

export interface ProcessSandboxOptions {
  /** Folder of its own, made when needed. */
  readonly workFolder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** PATH that actions see; the usual folders of a Linux system unless told. */
  readonly path?: string;
}

/** Runs actions as processes of this host, each in its own process group with a scrubbed environment. */
export function createProcessSandbox({ workFolder, clock, log, path = defaultPath }: ProcessSandboxOptions): Sandbox {
  const folders = new Set<Prepared>();
  let closed = false;
  return {
    name: 'process',
    probe: async () => ({ boundary: 'none', reasons: missing }),
    prepare: async (copyIn) => {
      if (closed) throw new PlatformError('sandboxClosed', 'prepare a sandbox: it was shut down; nothing was run');
      const root = join(workFolder, newUuid());
      try {
        await mkdir(join(root, 'files'), { recursive: true, mode: 0o700 });
        if (copyIn !== undefined) await copyTree(copyIn, join(root, 'files'));
      } catch (error) {
        await removeTree(root).catch((problem: unknown) => log.warn('a half-copied sandbox was left behind', { root, error: messageOf(problem) }));
        throw error;
      }
      const prepared = await createPrepared(root, path, clock);
      const dispose = async () => {
        folders.delete(tracked);
        await prepared.dispose();
      };
      const tracked: Prepared = { ...prepared, dispose };
      folders.add(tracked);
      if (closed) await dispose();
      return tracked;
    },
    shutdown: async () => {
      closed = true;
      await Promise.all([...folders].map((prepared) => prepared.dispose()));
    },
  };
}
