// A browser without a window, for tests of the page: the program of the machine, or Debian's package where tests may install one.
import { accessSync, constants } from 'node:fs';
import { installDebianPackages } from '../debian.ts';

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
  await installDebianPackages({ packages: ['chromium', 'fonts-dejavu-core'], what: 'chromium, about 100 MB,', say });
  const installed = findChromium(env);
  if (installed === undefined) throw new Error('apt-get installed chromium, but it is at no known place; name it in CHROMIUM');
  return installed;
}
