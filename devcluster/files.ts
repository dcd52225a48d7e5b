// Files that other processes read while they are written: each appears whole or not at all.
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';

/** Replaces a file in one step; `mode` is its mode whatever the umask says. */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o600): void {
  const draft = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  writeFileSync(draft, content, { mode, flag: 'wx' });
  chmodSync(draft, mode);
  renameSync(draft, path);
}

/** Writes a value as JSON, in one step. */
export function writeJson(path: string, value: unknown, mode = 0o600): void {
  writeFileAtomic(path, `${JSON.stringify(value, undefined, 2)}\n`, mode);
}

/** The value of a JSON file that this room wrote, or undefined when there is no such file or it is damaged. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** Makes a folder with its parents and sets the mode of the last one, also when it was there. */
export function ensureFolder(path: string, mode = 0o700): string {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  return path;
}
