// RewriteCode: rewrites code by its syntax. Everything is reckoned first; files are written only when enough was found.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { RewriteCode } from '#api/intents.ts';
import { action, type ActionContext, failed, succeeded, textArtifact } from '#agent-runtime/roles/action.ts';
import { listFiles, readFiles } from '#agent-runtime/roles/analyzer/files.ts';
import { syntaxOf } from '#agent-runtime/roles/analyzer/syntax.ts';
import { patternFault, rewriteText } from './rewrite.ts';

/** Most bytes of changed files that are held until they are written. */
const maxChangedBytes = 64 * 1024 * 1024;
const maxDiffLength = 4 * 1024 * 1024;
const filesPerProgress = 100;
/** Stands for bytes that are no UTF-8: such a file would not be written back as it was. */
const undecodable = '\uFFFD';

/** Fails, and changes nothing, when there are fewer replacements than `atLeast`. */
export const rewriteCode = action(RewriteCode, async ({ language, area, rewrites, atLeast = 1 }, context) => {
  const fault = await patternFault(language, rewrites);
  if (fault !== undefined) return failed('ActionRefused', fault);
  const all = await listFiles(context.folder, area ?? '', context.signal);
  if (all === undefined) return failed('ActionRefused', `intent.params.area: the workspace has no folder ${area}`);
  const found = await rewriteAll(all.filter((path) => syntaxOf(path) === language), { language, rewrites }, context);
  if (found === undefined) return failed('OutputTooLarge', `the changed files have more than ${maxChangedBytes} bytes together; name an area`);
  const { changed, ...counts } = found;
  const observed = { filesChanged: changed.size, ...counts };
  if (counts.replacements < atLeast) return failed('ActionFailed', `found ${counts.replacements} places to rewrite in ${counts.filesLooked} files, fewer than ${atLeast}`, { observed: { ...observed, filesChanged: 0 } });
  for (const [path, text] of changed) await overwrite(join(context.folder, path), text);
  const diff = await context.files.diff();
  const artifacts = diff === undefined || diff.length > maxDiffLength ? [] : [textArtifact('rewrite.diff', 'text/x-diff', diff)];
  return succeeded(`rewrote ${counts.replacements} places in ${changed.size} of ${counts.filesLooked} files`, { observed, artifacts });
});

interface Found {
  readonly filesLooked: number;
  readonly replacements: number;
  /** New texts by path. */
  readonly changed: ReadonlyMap<string, string>;
}

/** Undefined when more is changed than can be held. */
async function rewriteAll(paths: readonly string[], { language, rewrites }: Pick<RewriteCode, 'language' | 'rewrites'>, { folder, signal, progress }: ActionContext): Promise<Found | undefined> {
  const changed = new Map<string, string>();
  let [filesLooked, replacements, bytes] = [0, 0, 0];
  for await (const { path, text } of readFiles(folder, paths, signal)) {
    if (text === undefined || text.includes(undecodable)) continue;
    filesLooked += 1;
    if (filesLooked % filesPerProgress === 0) progress(Math.floor((filesLooked * 100) / paths.length), `${filesLooked} of ${paths.length} files`);
    const rewritten = await rewriteText(language, text, rewrites);
    replacements += rewritten.replacements;
    if (rewritten.text === text) continue;
    changed.set(path, rewritten.text);
    bytes += rewritten.text.length;
    if (bytes > maxChangedBytes) return undefined;
  }
  return { filesLooked, replacements, changed };
}

/** Keeps the file's mode, and follows no link. */
async function overwrite(path: string, text: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW);
  try {
    await file.writeFile(text);
  } finally {
    await file.close();
  }
}
