// `dashboard`: the page of the installation in a browser of this machine, as long as the command runs.
import { spawn } from 'node:child_process';
import { isKind, messageOf } from '#platform/errors.ts';
import { startLoopback } from '../access/loopback.ts';
import { exitCodes, Refusal } from '../failure.ts';
import { line } from '../terminal/terminal.ts';
import { type Session, withCluster } from './session.ts';

export interface DashboardOptions {
  /** On this machine; 0: any free one. */
  readonly port: number;
  readonly open: boolean;
}

/** Serves the page until Ctrl-C, which is how it ends well. */
export function dashboardCommand(session: Session, { port, open }: DashboardOptions): Promise<number> {
  return withCluster(session, async (cluster) => {
    const console = await session.openConsole(cluster);
    try {
      const loopback = await startLoopback({ console, port }).catch((cause: unknown) => Promise.reject(taken(port, cause)));
      line(session.terminal, loopback.url);
      session.terminal.note('Open this address in a browser of this machine; it is good for one. Ctrl-C ends it.');
      if (open) openBrowser(loopback.url, (why) => session.terminal.note(`cannot open a browser: ${why}`));
      await aborted(session.signal);
      await loopback.close();
      return exitCodes.ok;
    } finally {
      await console.close();
    }
  });
}

function taken(port: number, cause: unknown): unknown {
  return isKind(cause, 'Refusal') ? cause : new Refusal(`listen on 127.0.0.1:${port}: ${messageOf(cause)}`, 'name another --port, or none', { cause });
}

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] };

function openBrowser(url: string, onFault: (why: string) => void): void {
  const [program, ...words] = openers[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...words, url], { stdio: 'ignore', detached: true });
  child.on('error', (error) => onFault(error.message));
  child.unref();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
