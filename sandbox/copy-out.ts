// What a run left is not trusted: it is looked at by lstat alone before anything is taken out, and every reason against it is told.
import { lstat, opendir, readlink } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { staysInside } from './copy-tree.ts';
import type { CopyOut } from './port.ts';

const setIdBits = 0o6000;
/** Reasons that are told; a folder full of devices needs no list of all. */
const maxReasons = 20;

interface Inspection extends CopyOut {
  readonly folder: string;
  readonly reasons: string[];
  /** Folders that are still to be looked at. */
  readonly folders: string[];
  /** Files with several names, by device and inode: how many of their names were seen. Build tools make such files. */
  readonly linked: Map<string, { readonly path: string; readonly names: number; seen: number }>;
  entries: number;
  bytes: number;
}

/** Why the files in `folder` may not be taken out; empty when they may. Nothing may run in it meanwhile. */
export async function inspectTree(folder: string, caps: CopyOut): Promise<readonly string[]> {
  const state: Inspection = { ...caps, folder, reasons: [], folders: [''], linked: new Map(), entries: 0, bytes: 0 };
  for (let at = state.folders.pop(); at !== undefined && state.reasons.length < maxReasons; at = state.folders.pop()) {
    await inspectFolder(state, at);
    if (state.entries > caps.maxFiles) return [...state.reasons, `the folder holds more than ${caps.maxFiles} entries`];
  }
  for (const { path, names, seen } of state.linked.values()) if (seen < names) state.reasons.push(`${JSON.stringify(path)} has a second name outside: hard links out of the folder are not taken`);
  if (state.bytes > caps.maxBytes) state.reasons.push(`the folder holds more than ${caps.maxBytes} bytes`);
  return state.reasons.length > maxReasons ? [...state.reasons.slice(0, maxReasons), 'and there is more'] : state.reasons;
}

async function inspectFolder(state: Inspection, at: string): Promise<void> {
  try {
    for await (const entry of await opendir(join(state.folder, at))) {
      state.entries += 1;
      if (state.entries > state.maxFiles) return;
      const path = join(at, entry.name);
      const reason = await inspectEntry(state, path, entry.name);
      if (reason !== undefined) state.reasons.push(`${JSON.stringify(path)} ${reason}`);
    }
  } catch (error) {
    state.reasons.push(`${at === '' ? 'the folder' : JSON.stringify(at)} ${whyUnreadable(error)}`);
  }
}

async function inspectEntry(state: Inspection, path: string, name: string): Promise<string | undefined> {
  if (/[\p{Cc}\uFFFD]/u.test(name)) return 'has control characters, or bytes that are no text, in its name';
  try {
    const stat = await lstat(join(state.folder, path));
    if (stat.isDirectory()) return void state.folders.push(path);
    if (stat.isSymbolicLink()) return staysInside(path, await readlink(join(state.folder, path))) ? undefined : 'links out of the folder';
    return inspectFile(state, path, stat);
  } catch (error) {
    return whyUnreadable(error);
  }
}

function inspectFile(state: Inspection, path: string, stat: Stats): string | undefined {
  if (!stat.isFile()) return 'is neither a file nor a folder nor a link';
  if (stat.nlink > 1) {
    const id = `${stat.dev}:${stat.ino}`;
    const known = state.linked.get(id);
    if (known !== undefined) {
      known.seen += 1;
      return undefined;
    }
    state.linked.set(id, { path, names: stat.nlink, seen: 1 });
  }
  state.bytes += stat.size;
  return (stat.mode & setIdBits) === 0 ? undefined : 'is a set-id program';
}

function whyUnreadable(error: unknown): string {
  const { code = 'an error' } = error as { readonly code?: string };
  return `cannot be looked at (${code})`;
}
