// Turns paths as runners print them (absolute in the sandbox, or below a package) into paths of the workspace.
import { lstat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Failure, Frame } from '#agent-runtime/roles/tester/readers/reading.ts';

/** Most different paths that are looked up; further ones stay as they are printed. */
const maxLookups = 500;

/** The same failures with paths relative to `folder`, wherever such a file is there. */
export async function locateFailures(folder: string, failures: readonly Failure[]): Promise<readonly Failure[]> {
  const printed = new Set(failures.flatMap(({ file, frames }) => [...(file === undefined ? [] : [file]), ...frames.map((frame) => frame.file)]));
  const found = new Map<string, string>();
  const roots = new Set<string>();
  for (const path of [...printed].slice(0, maxLookups)) found.set(path, await locate(folder, path, roots));
  const known = (path: string) => found.get(path) ?? path;
  return failures.map((failure) => ({
    ...failure,
    ...(failure.file === undefined ? {} : { file: known(failure.file) }),
    frames: unique(failure.frames.map(({ file, line }) => ({ file: known(file), line }))),
  }));
}

/** The longest end of a path that is a file; `roots` holds the beginnings that led to one before. */
async function locate(folder: string, path: string, roots: Set<string>): Promise<string> {
  const parts = posix.normalize(path).split('/').filter((part) => part !== '');
  if (parts.includes('..')) return path;
  for (let cut = 0; cut < parts.length; cut += 1) {
    const end = parts.slice(cut).join('/');
    if (!(await isFile(join(folder, end)))) continue;
    roots.add(parts.slice(0, cut).join('/'));
    return end;
  }
  // A file that only the run itself made.
  const root = [...roots].find((start) => start !== '' && parts.join('/').startsWith(`${start}/`));
  return root === undefined ? path : parts.join('/').slice(root.length + 1);
}

async function isFile(path: string): Promise<boolean> {
  return lstat(path).then((stat) => stat.isFile(), () => false);
}

function unique(frames: readonly Frame[]): readonly Frame[] {
  return frames.filter(({ file, line }, index) => frames.findIndex((other) => other.file === file && other.line === line) === index);
}
