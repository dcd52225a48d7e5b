// ApplyPatch: applies a diff to the files. It runs in the agent itself: a diff is data, and git writes only what it was judged to make.
import { ApplyPatch } from '#api/intents.ts';
import { readPlainFile } from '#agent-runtime/context/plain-file.ts';
import { action, failed, succeeded } from '#agent-runtime/roles/action.ts';

/** Fails, and changes nothing, when a hunk does not fit. */
export const applyPatch = action(ApplyPatch, async ({ patch, file }, context) => {
  const bytes = patch === undefined ? await readPlainFile(context.folder, file ?? '') : Buffer.from(withLastNewline(patch));
  if (bytes === undefined) return failed('ActionRefused', `intent.params.file: ${file} is not a plain file of the workspace`);
  const answer = await context.files.applyPatch(bytes);
  if (answer.kind === 'refused') return failed('ActionFailed', `the diff was not applied: ${answer.message}`, { observed: { filesChanged: 0, patchBytes: bytes.length } });
  for (const path of answer.paths) context.log(`changed ${path}\n`);
  return succeeded(`the diff changed ${answer.paths.length} files`, { observed: { filesChanged: answer.paths.length, patchBytes: bytes.length } });
});

/** YAML writers drop it easily, and without it git takes the last hunk for a broken one. */
function withLastNewline(patch: string): string {
  return patch.endsWith('\n') ? patch : `${patch}\n`;
}
