// Looks a program up before it is started, so that a missing tool is an answer and not an error from the kernel.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** Absolute path of `program` on `path`, or as a path below `folder` when it holds a slash; undefined when it cannot be run. */
export async function findTool(program: string, path: string, folder: string): Promise<string | undefined> {
  const candidates = program.includes('/') ? [resolve(folder, program)] : path.split(delimiter).filter((entry) => isAbsolute(entry)).map((entry) => join(entry, program));
  for (const candidate of candidates) if (await isProgram(candidate)) return candidate;
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
