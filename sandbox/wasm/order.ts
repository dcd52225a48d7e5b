// What a child of the WebAssembly back end may do. The jail is the wall; the flags of Node and the engine itself stand in front of it.
import type { JailOrder } from '#sandbox/jail/launcher.ts';
import { wasmLimits } from './limits.ts';
import type { Parts } from './parts.ts';

const MiB = 1024 ** 2;

/** Memory of Node itself with an engine in it and the largest texts on their way, in bytes. */
const nodeBytes = 384 * MiB;

/** Libraries that Node is linked to. */
const systemLibraries = ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/etc/ld.so.cache'];

/** The order for a child whose code may use the files in `folder` and nothing else. Time is bounded by whoever claims it: the child is started before its run is known. */
export function childOrder(folder: string, parts: Parts): JailOrder {
  const visible = [...parts.readable, folder];
  const permissions = ['--permission', ...visible.map((path) => `--allow-fs-read=${path}`), `--allow-fs-write=${folder}`];
  // One thread: compilers in the background would make claims wait and take a second core. A smaller heap would be
  // collected on each claim, for memory of the engine that is counted to it.
  const engine = ['--single-threaded', '--v8-pool-size=0', '--max-old-space-size=512', '--max-semi-space-size=1', '--disallow-code-generation-from-strings', '--no-addons'];
  return {
    command: [process.execPath, ...engine, ...permissions, parts.runner, parts.guest, folder],
    folder,
    // Node reads this file before anything else, and does not start when it may not.
    env: { OPENSSL_CONF: '/dev/null' },
    readable: [process.execPath, ...systemLibraries, ...parts.readable],
    writable: [folder],
    network: 'none',
    stdin: 'pipe',
    limits: { memoryBytes: wasmLimits.memoryBytes + nodeBytes, processes: 32, fileBytes: wasmLimits.fileBytes },
  };
}
