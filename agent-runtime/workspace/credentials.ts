// User and password of a git server, from a mounted Secret. Git asks a helper that reads the files itself: neither argv nor environment ever holds them.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '#platform/errors.ts';
import type { GitOptions } from './git.ts';

const folderVariable = 'CODITECT_GIT_SECRET';
const print = (name: string) => `printf '${name}=%s\\n' "$(cat "$${folderVariable}/${name}")"`;
const helper = `!give() { test "$1" = get || exit 0; ${print('username')}; ${print('password')}; }; give`;

const secretName = /^(?!.*\.\.)[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** What git needs to be let in at `url` with the mounted Secret `secret`; nothing without one. */
export type Access = (url: string, secret: string | undefined) => Promise<Pick<GitOptions, 'config' | 'env'>>;

/** Access by the Secrets below `folder`, each a folder with files `username` and `password`. Rejects with a PlatformError of kind `git`. */
export function accessBySecrets(folder: string): Access {
  return async (url, secret) => {
    if (secret === undefined) return {};
    const failed = (why: string) => new PlatformError('git', `use Secret ${secret}: ${why}`);
    const server = /^https?:\/\/[^/?#\s]+/.exec(url)?.[0];
    if (server === undefined) throw failed('user and password are for https and http URLs');
    const path = join(folder, secret);
    if (!secretName.test(secret) || !(await isMounted(path))) throw failed('the agent does not have it with files username and password; list it in gitSecrets of the pool');
    // Scoped to the server of the URL: a redirect elsewhere is not told the password.
    return { config: [[`credential.${server}.helper`, helper]], env: { [folderVariable]: path } };
  };
}

/** True when any Secret is mounted below `folder`; a folder that cannot be read counts as one that holds some. */
export async function holdsCredentials(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length > 0;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

async function isMounted(path: string): Promise<boolean> {
  const files = await Promise.all(['username', 'password'].map((name) => stat(join(path, name)).then((file) => file.isFile(), () => false)));
  return files.every(Boolean);
}
