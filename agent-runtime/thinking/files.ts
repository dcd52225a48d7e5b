// Files of a workspace as a model may touch them: inside the folder, never through a link, never git's own. Whoever ran there before may have planted anything.
import { constants } from 'node:fs';
import { lstat, mkdir, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { readPlainFile } from '#agent-runtime/context/plain-file.ts';
import { textOf } from './lines.ts';

/** Most bytes of a file that is read or written. */
export const maxFileBytes = 1024 * 1024;

/** A path inside the workspace, or why it is none. */
export type Place = { readonly kind: 'inside'; readonly path: string } | { readonly kind: 'refused'; readonly reason: string };

/** The text of a file, or why it cannot be had. */
export type FileText = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'missing' | 'unreadable'; readonly reason: string };

/** Judges a path by its words alone. */
export function placeOf(path: string): Place {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/')) return refused('must be relative to the workspace');
  if (parts.includes('..')) return refused('leads out of the workspace');
  if (parts.some(isGits)) return refused('.git cannot be touched');
  // oxlint-disable-next-line eslint/no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return refused('has a character that no path of a workspace has');
  return { kind: 'inside', path: parts.join('/') };
}

/** Some file systems do not see case, characters without width, or dots and spaces at an end, and have short names: git's own folder must not be reached on those either. */
function isGits(part: string): boolean {
  return /^(?:\.git|git~1)$/i.test(part.replaceAll(/\p{Cf}/gu, '').replace(/[. ]+$/, ''));
}

const refused = (reason: string): Place => ({ kind: 'refused', reason: `path: ${reason}` });

/** Reads the plain file at `path`, which was judged, below `root`. */
export async function readText(root: string, path: string): Promise<FileText> {
  const bytes = await readPlainFile(root, path);
  if (bytes === undefined) return (await isThere(join(root, path))) ? unreadable('is no plain file') : { kind: 'missing', reason: 'path: there is no such file' };
  if (bytes.length > maxFileBytes) return unreadable(`has ${bytes.length} bytes, the limit is ${maxFileBytes}`);
  const text = textOf(bytes);
  return text === undefined ? unreadable('is not a text in UTF-8') : { kind: 'text', text };
}

function unreadable(reason: string): FileText {
  return { kind: 'unreadable', reason: `path: ${reason}` };
}

/** Writes a file that is there; false when it is not the plain file that was read. Keeps its mode. */
export async function overwriteText(root: string, path: string, text: string): Promise<boolean> {
  const wanted = join(await realpath(root), path);
  if ((await realpath(wanted).catch(() => undefined)) !== wanted) return false;
  const file = await open(wanted, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { nlink } = await file.stat();
    // What has a second name may be a file of somebody else.
    if (nlink > 1) return false;
    await file.truncate();
    await file.writeFile(text);
    return true;
  } finally {
    await file.close();
  }
}

/** Makes a file with its folders; false when a folder of its path is none, or something is there already. */
export async function createText(root: string, path: string, text: string): Promise<boolean> {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  let folder = await realpath(root);
  for (const part of parts) {
    folder = join(folder, part);
    await mkdir(folder).catch(() => undefined);
    if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) return false;
  }
  const file = await open(join(folder, name), 'wx').catch(() => undefined);
  if (file === undefined) return false;
  try {
    await file.writeFile(text);
    return true;
  } finally {
    await file.close();
  }
}

function isThere(path: string): Promise<boolean> {
  return lstat(path).then(() => true, () => false);
}
