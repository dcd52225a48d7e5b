// What a judge is shown: the difference from the base revision and the texts of the changed files, each with a fair share of what a model can read.
import { placeOf, readText } from '#agent-runtime/thinking/files.ts';
import { trimmed } from '#agent-runtime/thinking/quote.ts';
import { filesBelow } from '#agent-runtime/thinking/tools/list-files.ts';
import type { ActionContext } from '#agent-runtime/roles/action.ts';

const limits = { diffBytes: 120_000, fileBytes: 120_000, files: 60, paths: 300 } as const;

/** The work as it is shown; plain JSON. */
export interface ShownWork {
  readonly changed: readonly string[];
  readonly diff: string;
  readonly files: readonly ShownFile[];
  /** Files that are not shown. */
  readonly leftOut: number;
}

type ShownFile = { readonly path: string; readonly text: string } | { readonly path: string; readonly note: string };

type Surroundings = Pick<ActionContext, 'folder' | 'changedPaths' | 'files' | 'signal'>;

/** The work that a task starts from. */
export async function gatherWork({ folder, changedPaths, files, signal }: Surroundings): Promise<ShownWork> {
  const paths = changedPaths.length > 0 ? changedPaths : ((await filesBelow(folder, '', signal)) ?? []);
  const shown = paths.slice(0, limits.files);
  const read: ShownFile[] = [];
  for (const path of shown) read.push(await showFile(folder, path));
  return {
    changed: changedPaths.slice(0, limits.paths),
    diff: fairly(diffByFile(await files.diffFromBase()), limits.diffBytes).join(''),
    files: shareOut(read),
    leftOut: paths.length - shown.length,
  };
}

async function showFile(folder: string, path: string): Promise<ShownFile> {
  const place = placeOf(path);
  const file = place.kind === 'inside' ? await readText(folder, place.path) : { kind: 'unreadable' as const, reason: place.reason };
  return file.kind === 'text' ? { path, text: file.text } : { path, note: file.reason.replace(/^path: /, '') };
}

function shareOut(files: readonly ShownFile[]): readonly ShownFile[] {
  const texts = fairly(files.map((file) => ('text' in file ? file.text : '')), limits.fileBytes);
  return files.map((file, index) => ('text' in file ? { path: file.path, text: texts[index] ?? '' } : file));
}

/** Lines of a hunk begin with a sign or a blank: a header at the start of a line is git's own. */
function diffByFile(diff: string): readonly string[] {
  return diff.split(/^(?=diff --git )/m);
}

/** The texts, the longest of them trimmed so that all together keep about `inAll` bytes: one huge file must not hide the others. */
export function fairly(texts: readonly string[], inAll: number): readonly string[] {
  const sizes = texts.map((text) => Buffer.byteLength(text)).toSorted((a, b) => a - b);
  let left = inAll;
  for (const [index, size] of sizes.entries()) {
    const share = Math.floor(left / (sizes.length - index));
    if (size > share) return texts.map((text) => trimmed(text, share));
    left -= size;
  }
  return texts;
}
