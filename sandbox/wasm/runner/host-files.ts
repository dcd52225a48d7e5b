// The files that the code may touch: those of one folder, by paths that no link leads out of. Sizes and counts are bounded.
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, opendirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { wasmLimits } from '../limits.ts';

/** File functions of the code. They throw a sentence for a path or a size that is not allowed. */
export interface HostFiles {
  readonly readFile: (path: string) => string;
  readonly writeFile: (path: string, text: string) => void;
  /** Names of the entries, folders with a slash at the end, in order. */
  readonly listFiles: (folder: string) => string[];
}

/** File functions over `top`, or over the folder below it that was entered last. */
export function createHostFiles(top: string): HostFiles & { readonly enter: (folder: string) => void } {
  const written = { files: 0, bytes: 0 };
  let root = top;
  return {
    enter: (folder) => {
      const absolute = inside(top, folder);
      if (!lstatSync(absolute).isDirectory()) throw new Error(`${name(folder)} is no folder`);
      root = absolute;
    },
    readFile: (path) => inWords(path, () => withFile(inside(root, path), constants.O_RDONLY | constants.O_NONBLOCK, (file) => readText(file, path))),
    writeFile: (path, text) => {
      const bytes = Buffer.byteLength(text);
      if (bytes > wasmLimits.fileBytes) throw new Error(`${name(path)} would hold more than ${wasmLimits.fileBytes} bytes`);
      written.files += 1;
      written.bytes += bytes;
      if (written.files > wasmLimits.writes || written.bytes > wasmLimits.writtenBytes) throw new Error(`more was written than one run may: ${wasmLimits.writes} files, ${wasmLimits.writtenBytes} bytes`);
      const absolute = inside(root, path);
      if (absolute === root) throw new Error(`${name(path)} is a folder`);
      inWords(path, () => writeText(absolute, path, text));
    },
    listFiles: (folder) => inWords(folder, () => list(inside(root, folder), folder)),
  };
}

/** Absolute path of `path`, none of whose parts is a link. */
function inside(root: string, path: string): string {
  if (path.length === 0 || path.length > wasmLimits.pathLength || path.includes('\0')) throw new Error('a path must have 1 to 1024 characters and no NUL');
  const absolute = resolve(root, path);
  if (absolute !== root && !absolute.startsWith(root + sep)) throw new Error(`${name(path)} is outside of the folder`);
  let at = root;
  for (const part of relative(root, absolute).split(sep)) {
    at = join(at, part);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat === undefined) break;
    if (stat.isSymbolicLink()) throw new Error(`${name(path)} leads over a link`);
  }
  return absolute;
}

function withFile<T>(path: string, flags: number, use: (file: number) => T): T {
  const file = openSync(path, flags | constants.O_NOFOLLOW, 0o600);
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

function readText(file: number, path: string): string {
  const stat = fstatSync(file);
  if (!stat.isFile()) throw new Error(`${name(path)} is no file`);
  if (stat.size > wasmLimits.fileBytes) throw new Error(`${name(path)} holds more than ${wasmLimits.fileBytes} bytes`);
  const bytes = readFileSync(file);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`${name(path)} is not UTF-8 text`);
  }
}

function writeText(absolute: string, path: string, text: string): void {
  mkdirSync(resolve(absolute, '..'), { recursive: true, mode: 0o700 });
  withFile(absolute, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK, (file) => {
    if (!fstatSync(file).isFile()) throw new Error(`${name(path)} is no file`);
    writeFileSync(file, text);
  });
}

function list(folder: string, path: string): string[] {
  const names: string[] = [];
  const open = opendirSync(folder);
  try {
    for (let entry = open.readSync(); entry !== null; entry = open.readSync()) {
      names.push(entry.isDirectory() ? `${entry.name}/` : entry.name);
      if (names.length > wasmLimits.entries) throw new Error(`${name(path)} holds more than ${wasmLimits.entries} entries`);
    }
  } finally {
    open.closeSync();
  }
  return names.toSorted();
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a folder',
  ENOTDIR: 'leads through something that is no folder',
  EEXIST: 'leads through something that is no folder',
  ENOSPC: 'could not be written: there is no room left',
  ENAMETOOLONG: 'has too long a name',
};

/** The errors of the system name paths of the host: the code is told in other words. */
function inWords<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw code === undefined ? error : new Error(`${name(path)} ${words[code] ?? `cannot be used: ${code}`}`);
  }
}

/** Short enough for a message. */
function name(path: string): string {
  return JSON.stringify(path.length > 100 ? `${path.slice(0, 100)}…` : path);
}
