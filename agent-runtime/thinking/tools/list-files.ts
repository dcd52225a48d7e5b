// list_files: names alone, without what was installed or made.
import { join } from 'node:path';
import { realpath } from 'node:fs/promises';
import { z } from 'zod';
import { fileNames } from '#agent-runtime/context/names.ts';
import { placeOf } from '#agent-runtime/thinking/files.ts';
import { type Tool, tool, toolError } from '#agent-runtime/thinking/tool.ts';
import type { Workbench } from '#agent-runtime/thinking/workbench.ts';

const limits = { paths: 500, bytes: 24_000 } as const;

/** Lists files by path. */
export function listFilesTool({ surroundings }: Workbench): Tool {
  const input = z.strictObject({ folder: z.string().max(1000).optional().describe('Folder to list. Unset: the whole workspace.') });
  return tool({ name: 'list_files', sideEffect: 'none', description: 'Lists the paths of files, nearest first, without dependencies and build output.', input }, async ({ folder = '.' }) => {
    const place = placeOf(folder);
    if (place.kind === 'refused') return toolError(place.reason.replace(/^path/, 'folder'));
    const found = await filesBelow(surroundings.currentFolder(), place.path, surroundings.signal);
    if (found === undefined) return toolError('folder: there is no such folder');
    const shown = within(found, limits);
    const rest = found.length - shown.length;
    return { note: `${found.length} files${rest > 0 ? `; ${rest} are not shown, list a folder to see them` : ''}`, data: shown.join('\n') };
  });
}

/** Paths relative to the workspace; undefined when the folder is not there or a link leads to it. */
export async function filesBelow(root: string, folder: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const top = await realpath(root);
  const wanted = join(top, folder);
  if ((await realpath(wanted).catch(() => undefined)) !== wanted.replace(/(?<=.)\/$/, '')) return undefined;
  const names = await fileNames(wanted, signal);
  return folder === '' ? names : names.map((name) => `${folder}/${name}`);
}

function within(paths: readonly string[], { paths: most, bytes }: typeof limits): readonly string[] {
  let left: number = bytes;
  return paths.slice(0, most).filter((path) => (left -= Buffer.byteLength(path) + 1) >= 0);
}
