// A browser without a window, for tests of the page: the program of the machine, or Debian's package where tests may install one.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** Path of a browser; undefined where there is none. `CHROMIUM` names one. */
export function findChromium(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = env['CHROMIUM'];
  return [...(named === undefined || named === '' ? [] : [named]), ...places].find(isProgram);
}

/** Why there is none, and how to have one. */
export const noChromium = 'no browser: the page is not driven in one. Install chromium (on Debian as root: node devcluster/services/chromium/main.ts) or name one in CHROMIUM';

/** Words that a browser needs to run as root and in containers. */
export const chromiumWords: readonly string[] = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--force-color-profile=srgb', '--hide-scrollbars'];

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Installing {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told what is done. */
  readonly say: (text: string) => void;
}

/** A browser, installed with apt-get when there is none; rejects where that is not possible. */
export async function ensureChromium({ env, say }: Installing): Promise<string> {
  const found = findChromium(env);
  if (found !== undefined) return found;
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error(`${noChromium}; only root on Debian can have it installed here`);
  say('installing chromium with apt-get, about 100 MB');
  await run('apt-get', ['update', '-qq']);
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core']);
  const installed = findChromium(env);
  if (installed === undefined) throw new Error('apt-get installed chromium, but it is at no known place; name it in CHROMIUM');
  return installed;
}

function run(program: string, words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${program} ${words.join(' ')} ended with ${code}`))));
  });
}
