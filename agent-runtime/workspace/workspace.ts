// What a task is told about its files, and what it may ask of them. The git behind it is workspaces.ts.

/** Where the files of a task come from. */
export type Source =
  | { readonly kind: 'git'; readonly url: string; readonly ref: string; readonly subPath?: string; readonly commit?: string; readonly secret?: string }
  | { readonly kind: 'files'; readonly files: Readonly<Record<string, Uint8Array>> }
  | { readonly kind: 'empty' };

export interface WorkspaceRequest {
  readonly source: Source;
  /** Output of an earlier task to start from: how to get its bundle into a file, and the commit it must hold. */
  readonly bundle?: { readonly commit: string; readonly fetch: (file: string) => Promise<'found' | 'missing'> };
}

export interface Output {
  readonly commit: string;
  /** Bundle file; gone after dispose. */
  readonly file: string;
}

/** What was made of a diff. */
export type PatchAnswer = { readonly kind: 'applied'; readonly paths: readonly string[] } | { readonly kind: 'refused'; readonly message: string };

/** What came of a push; `present`: the branch held the commit already. */
export type PushAnswer = { readonly kind: 'pushed' | 'present'; readonly commit: string } | { readonly kind: 'refused'; readonly message: string } | { readonly kind: 'failed'; readonly message: string };

/** The files of the start with some of them as the base revision has them. */
export interface Restored {
  readonly tree: string;
  /** Paths that differed, sorted. */
  readonly paths: readonly string[];
}

/** A file that differs; one that is gone has no hash. */
export interface ChangedFile {
  readonly path: string;
  readonly hash?: string;
}

/** What git does with the files of a task. All paths are relative to the working folder; `../` leads to the rest of the worktree. */
export interface WorkspaceTools {
  /** Paths that differ between two trees, sorted. */
  readonly pathsBetween: (from: string, to: string) => Promise<readonly string[]>;
  /** Files that differ between two trees, sorted by path, with the objects behind them in the second one. */
  readonly filesBetween: (from: string, to: string) => Promise<readonly ChangedFile[]>;
  /** Paths that the output it started from had changed, sorted; none when it started from the base revision. */
  readonly changedBefore: () => Promise<readonly string[]>;
  /** What was changed in `folder`, the worktree or a copy of it, below the working folder, as git writes diffs. */
  readonly diff: (folder: string) => Promise<string>;
  /** What the start has that the base revision has not, below the working folder, to be read: of binary files the names alone. */
  readonly diffFromBase: () => Promise<string>;
  /** Applies a diff to the worktree below the working folder, all of it or nothing. */
  readonly applyPatch: (patch: Uint8Array) => Promise<PatchAnswer>;
  /** Of `paths` those that name a file of the base revision. */
  readonly filesInBase: (paths: readonly string[]) => Promise<readonly string[]>;
  /** The start with `paths` as in the base revision; nothing is written to a folder. */
  readonly restored: (paths: readonly string[]) => Promise<Restored>;
  /** Turns `folder`, a copy of the untouched worktree, into `tree`. */
  readonly checkOutInto: (folder: string, tree: string) => Promise<void>;
  /** Pushes the commit it started from to a branch of the repository it was cloned from; never overwrites one. */
  readonly push: (branch: string) => Promise<PushAnswer>;
}

export interface Workspace {
  /** The whole worktree. */
  readonly root: string;
  /** Folder that actions work in, relative to the root; `.` for the root. */
  readonly subPath: string;
  /** Commit it started from; undefined for files without a history. */
  readonly commit: string | undefined;
  readonly treeBefore: string;
  /** Folders outside it whose git objects its repository borrows. */
  readonly borrowed: readonly string[];
  /** Folder beside the worktree for files of the agent's own; gone after dispose. */
  readonly scratch: string;
  readonly tools: WorkspaceTools;
  /** Tree of `folder`: the worktree, or a copy of it. */
  treeOf(folder: string): Promise<string>;
  /** Commit and bundle that turn the start into `tree`. */
  output(tree: string): Promise<Output>;
  /** Takes in what `output` wrote over the same start, elsewhere: its commit and the tree of that. Rejects for any other bundle. */
  takeOutput(file: string): Promise<{ readonly commit: string; readonly tree: string }>;
  dispose(): Promise<void>;
}

/** `message` says what could not be had and what to do. */
export type WorkspaceAnswer = { readonly kind: 'ready'; readonly workspace: Workspace } | { readonly kind: 'failed'; readonly reason: 'WorkspaceFailed' | 'ArtifactLost'; readonly message: string };

export interface Workspaces {
  prepare(request: WorkspaceRequest, signal: AbortSignal): Promise<WorkspaceAnswer>;
}
