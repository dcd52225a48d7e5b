// A process that waits on a pipe which only its starter holds: when that ends without a word, by whatever cause, the guard cleans up.
import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';

const lastWord = 'dismissed';

/** Starts the guard whose program is `entry`, for one folder. `dismiss` after an orderly end. */
export function hireGuard(entry: string, folder: string): { dismiss(): void } {
  const child = spawn(process.execPath, [entry, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
  child.on('error', () => {});
  child.unref();
  const pipe = child.stdin as Socket;
  pipe.on('error', () => {}); // the guard has ended first: it has nothing left to do
  pipe.unref();
  return { dismiss: () => void pipe.end(`${lastWord}\n`) };
}

/** Inside of a guard: waits for the end of its starter, and tells whether that ended without dismissing it. */
export async function isStarterLost(): Promise<boolean> {
  return !(await text(process.stdin)).startsWith(lastWord);
}
