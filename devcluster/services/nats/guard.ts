// Ends a server when its starter is gone, also after a kill -9: a shell that waits on a pipe which only the starter holds open.
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { ProcessIdentity } from '../../processes.ts';

const script = 'read -r word; kill -CONT "$1"; kill -TERM "$1"; sleep 3; kill -KILL "$1"';

/** Watches over one server; `release` before its orderly end, so that nobody ends a later process with its pid. */
export function guardOf({ pid }: ProcessIdentity): { release(): void } {
  const guard = spawn('sh', ['-c', script, 'sh', String(pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.on('error', () => {});
  guard.unref();
  (guard.stdin as Socket).unref();
  return { release: () => void guard.kill('SIGKILL') };
}
