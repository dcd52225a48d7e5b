// For tests of the WebAssembly back end: the built guest, and a jail without walls.
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Jail } from '#sandbox/jail/launcher.ts';
import { ownParts } from './parts.ts';

/** Makes dist/wasm unless it is up to date. */
export async function ensureGuest(): Promise<void> {
  const root = join(ownParts().guest, '..', '..');
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build-guest.ts')], { cwd: root });
}

/** Starts programs as they are and reports how they ended; it confines nothing. */
export function wallessJail(): Jail {
  return {
    report: { boundary: 'none', reasons: ['a jail for tests'] },
    start: ({ command: [program = '', ...args], folder, env }) => {
      const child = spawn(program, args, { cwd: folder, env: { ...env }, stdio: 'pipe' });
      const ended = new Promise<Awaited<ReturnType<Jail['start']>['ended']>>((resolve) => {
        child.once('error', (error) => resolve({ kind: 'broken', message: error.message }));
        child.once('exit', (code, signal) =>
          resolve({ kind: 'report', report: { why: 'exit', ...(code === null ? {} : { exitCode: code }), ...(signal === null ? {} : { signal }), cpuMs: 1, peakMemoryBytes: 1, peakProcesses: 1, reaped: 0 } }),
        );
      });
      return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended, stop: () => void child.kill('SIGKILL') };
    },
  };
}
