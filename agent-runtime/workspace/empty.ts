// The workspace of a task without files. Most such tasks write none either, so git is asked only once something lies there.
import { readdir } from 'node:fs/promises';
import { emptyTree } from '#domain/goals/facts.ts';
import type { Repository } from './repository.ts';
import { takeOutput } from './fill.ts';
import { createTools } from './tools.ts';
import type { Workspace } from './workspace.ts';

/** An empty workspace in `root`; `open` makes its repository when it is needed. */
export function emptyWorkspace(root: string, open: () => Promise<Repository>): Omit<Workspace, 'borrowed' | 'scratch' | 'dispose'> {
  let opened: Promise<Repository> | undefined;
  const repository = () => (opened ??= open());
  return {
    root,
    tools: createTools({ repository, root, subPath: '.', treeBefore: emptyTree, base: async () => emptyTree, origin: undefined }),
    subPath: '.',
    commit: undefined,
    treeBefore: emptyTree,
    treeOf: async (folder) => ((await readdir(folder)).length === 0 ? emptyTree : (await repository()).treeOf(folder)),
    output: async (tree) => {
      const made = await repository();
      const commit = await made.commitTree(tree, await made.commitTree(emptyTree, undefined));
      return { commit, file: await made.bundle(commit, undefined) };
    },
    takeOutput: async (file) => takeOutput(await repository(), file),
  };
}
