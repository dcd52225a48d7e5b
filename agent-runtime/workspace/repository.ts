// The repository of one worktree: what it holds is measured as git trees, and what changed becomes a commit and a bundle.
// Files are taken byte for byte: attributes of the repository convert nothing, so equal bytes have equal trees wherever they lie.
import { copyFile, mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '#platform/errors.ts';
import type { Git, GitOptions } from './git.ts';

const sourceRef = 'refs/coditect/source';
const outputRef = 'refs/coditect/output';
const author = { name: 'coditect', email: 'agent@coditect.ai' } as const;
/** Time of commits that no commit precedes. */
const epochDate = '@0 +0000';

export interface RepositoryOptions {
  readonly git: Git;
  /** The worktree; its `.git` is the repository. */
  readonly files: string;
  /** Folder beside the worktree for temporary indexes and bundles. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

export interface Repository {
  /** Notes that others can get `commit` from the source, so that bundles may build on it. */
  markSource(commit: string): Promise<void>;
  /** Checks out `commit`, whose objects are here or in the borrowed folder. */
  checkOut(commit: string): Promise<void>;
  /** Makes the first commit from the files that lie in the worktree, and returns it. */
  commitFiles(): Promise<string>;
  /** Takes a bundle in and returns the commit it was made for. */
  takeBundle(file: string): Promise<string>;
  /** Tree of all files of `folder` (the worktree or a copy of it) that are tracked or not ignored, as they are now. */
  treeOf(folder: string): Promise<string>;
  /** Commit of `tree` on top of `base`, or a first one: the same for the same two, wherever it is made. */
  commitTree(tree: string, base: string | undefined): Promise<string>;
  /** Writes a bundle of `commit` without what `without` reaches; the file. */
  bundle(commit: string, without: string | undefined): Promise<string>;
  /** Runs git in the repository, which is in its worktree unless told. */
  readonly run: Run;
  /** Surroundings in which git works over `folder` with an index of its own, which holds its files as they are now. */
  indexed(folder: string): Promise<Indexed>;
  /** Folder beside the worktree for files of one call. */
  readonly scratch: string;
}

/** Options for calls over one folder and one index. */
export type Indexed = Pick<GitOptions, 'folder'> & { readonly env: Readonly<Record<'GIT_DIR' | 'GIT_WORK_TREE' | 'GIT_INDEX_FILE', string>> };

/** Makes an empty repository in `files`, which may hold files already; `objects` is the object folder it borrows from. */
export async function createRepository(options: RepositoryOptions, objects?: string): Promise<Repository> {
  const { files } = options;
  await mkdir(files, { recursive: true });
  await options.git(['init', '--quiet', '--template=', '.'], { folder: files, signal: options.signal });
  const info = join(files, '.git', 'info');
  await mkdir(info, { recursive: true });
  // !diff: who reads a change has to see it, whatever the attributes that come with it say.
  await writeFile(join(info, 'attributes'), '* -text -eol -ident -filter -working-tree-encoding !diff\n');
  if (objects !== undefined) await writeFile(join(files, '.git', 'objects', 'info', 'alternates'), `${objects}\n`);
  return repositoryIn(options);
}

export type Run = (args: readonly string[], options?: Partial<GitOptions>) => Promise<string>;

function repositoryIn({ git, files, scratch, signal }: RepositoryOptions): Repository {
  const run: Run = (args, options = {}) => git(args, { folder: files, signal, ...options });
  const indexed = (folder: string) => fillIndex(run, { folder, env: { GIT_DIR: join(files, '.git'), GIT_WORK_TREE: folder, GIT_INDEX_FILE: join(scratch, 'index') } });
  const treeOf = async (folder: string) => run(['write-tree'], await indexed(folder));
  return {
    run,
    indexed,
    scratch,
    markSource: async (commit) => void (await run(['update-ref', sourceRef, commit])),
    checkOut: async (commit) => void (await run(['checkout', '--quiet', '--force', '--detach', commit])),
    commitFiles: async () => {
      const commit = await writeCommit(run, await treeOf(files), undefined);
      await run(['update-ref', '--no-deref', 'HEAD', commit]);
      await run(['reset', '--quiet']);
      return commit;
    },
    takeBundle: async (file) => {
      const heads = await run(['bundle', 'unbundle', file]);
      const found = heads.split('\n').map((line) => line.split(' ')).find(([, ref]) => ref === outputRef)?.[0];
      if (found === undefined) throw new PlatformError('git', `take a bundle in: it has no ${outputRef}`);
      return found;
    },
    treeOf,
    commitTree: (tree, base) => writeCommit(run, tree, base),
    bundle: async (commit, without) => {
      await run(['update-ref', outputRef, commit]);
      const file = join(scratch, 'output.bundle');
      await run(['bundle', 'create', '--quiet', file, outputRef, ...(without === undefined ? [] : [`^${without}`])]);
      return file;
    },
  };
}

async function fillIndex(run: Run, options: Indexed): Promise<Indexed> {
  const { GIT_DIR, GIT_INDEX_FILE: index } = options.env;
  // Starting from the real index spares reading every file of a worktree that nobody touched.
  await copyIndex(join(GIT_DIR, 'index'), index).catch(() => rm(index, { force: true }));
  await run(['add', '--all', '--', '.'], options);
  return options;
}

/** The copy keeps its time: git reads files again that are as young as the index, for they may have changed in the same second. */
async function copyIndex(from: string, to: string): Promise<void> {
  const { mtimeMs } = await stat(from);
  await copyFile(from, to);
  const seconds = Math.floor(mtimeMs / 1000);
  await utimes(to, seconds, seconds);
}

async function writeCommit(run: Run, tree: string, base: string | undefined): Promise<string> {
  const date = base === undefined ? epochDate : await run(['show', '--no-patch', '--format=@%ct +0000', base]);
  const env = { GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email, GIT_AUTHOR_DATE: date, GIT_COMMITTER_NAME: author.name, GIT_COMMITTER_EMAIL: author.email, GIT_COMMITTER_DATE: date };
  const [parents, message] = base === undefined ? [[], 'Files of a workspace'] : [['-p', base], 'Output of a task'];
  return run(['commit-tree', tree, ...parents, '-m', message], { env });
}
