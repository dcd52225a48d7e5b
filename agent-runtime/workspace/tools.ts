// What git does with the files of a task besides measuring them. Everything is decided over trees first; a folder is written last, or not at all.
import { posix } from 'node:path';
import { patchFiles } from './patch.ts';
import { type Origin, pushCommit } from './push.ts';
import type { Repository } from './repository.ts';
import { filesIn, restoreIn } from './restore.ts';
import { differences, diffText } from './trees.ts';
import type { WorkspaceTools } from './workspace.ts';

export interface ToolsOptions {
  /** The repository, made when it is first needed. */
  readonly repository: () => Promise<Repository>;
  /** The worktree. */
  readonly root: string;
  readonly subPath: string;
  readonly treeBefore: string;
  /** Tree of the base revision: what the workspace was before the output it started from. */
  readonly base: () => Promise<string>;
  /** Where a push goes and what it pushes; undefined for files without a remote. */
  readonly origin: Origin | undefined;
}

/** Mode of what is not there. */
const goneMode = '000000';

/** The tools of one workspace. */
export function createTools({ repository, root, subPath, treeBefore, base, origin }: ToolsOptions): WorkspaceTools {
  const toRoot = (path: string) => posix.join(subPath, path);
  const fromRoot = (path: string) => (subPath === '.' ? path : posix.relative(subPath, path));
  const filesBetween: WorkspaceTools['filesBetween'] = async (from, to) => (from === to ? [] : (await differences(await repository(), from, to)).map(({ path, mode, object }) => ({ path: fromRoot(path), ...(mode === goneMode ? {} : { hash: object }) })).toSorted((a, b) => (a.path < b.path ? -1 : 1)));
  const pathsBetween = async (from: string, to: string) => (await filesBetween(from, to)).map(({ path }) => path);
  return {
    pathsBetween,
    filesBetween,
    changedBefore: async () => pathsBetween(await base(), treeBefore),
    diff: async (folder) => {
      const opened = await repository();
      return diffText(opened, { from: treeBefore, to: await opened.treeOf(folder), below: subPath });
    },
    diffFromBase: async () => {
      const from = await base();
      return from === treeBefore ? '' : diffText(await repository(), { from, to: treeBefore, below: subPath, isToBeRead: true });
    },
    applyPatch: async (patch) => {
      const answer = await patchFiles(await repository(), { patch, folder: root, below: subPath });
      return answer.kind === 'applied' ? { kind: 'applied', paths: answer.paths.map(fromRoot) } : answer;
    },
    filesInBase: async (paths) => (await filesIn(await repository(), await base(), paths.map(toRoot))).map(fromRoot),
    restored: async (paths) => {
      const { tree, paths: differing } = await restoreIn(await repository(), { start: treeBefore, base: await base(), paths: paths.map(toRoot) });
      return { tree, paths: differing.map(fromRoot) };
    },
    checkOutInto: async (folder, tree) => {
      if (tree === treeBefore) return;
      const opened = await repository();
      await opened.run(['read-tree', '-m', '-u', treeBefore, tree], await opened.indexed(folder));
    },
    push: async (branch) => (origin === undefined ? { kind: 'refused', message: 'the workspace was not cloned from a repository, so there is nowhere to push to' } : pushCommit(await repository(), origin, branch)),
  };
}
