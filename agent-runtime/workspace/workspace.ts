// What a task is told about its files, and what it may ask of them. The git behind it is workspaces.ts.

/** Where the files of a task come from. */
export type Source =
  | { readonly kind: 'git'; readonly url: string; readonly ref: string; readonly subPath?: string; readonly commit?: string }
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

export interface Workspace {
  /** The whole worktree. */
  readonly root: string;
  /** Folder that actions work in, relative to the root; `.` for the root. */
  readonly subPath: string;
  /** Commit it started from; undefined for files without a history. */
  readonly commit: string | undefined;
  readonly treeBefore: string;
  /** Tree of `folder`: the worktree, or a copy of it. */
  treeOf(folder: string): Promise<string>;
  /** Commit and bundle that turn the start into `tree`. */
  output(tree: string): Promise<Output>;
  dispose(): Promise<void>;
}

/** `message` says what could not be had and what to do. */
export type WorkspaceAnswer = { readonly kind: 'ready'; readonly workspace: Workspace } | { readonly kind: 'failed'; readonly reason: 'WorkspaceFailed' | 'ArtifactLost'; readonly message: string };

export interface Workspaces {
  prepare(request: WorkspaceRequest, signal: AbortSignal): Promise<WorkspaceAnswer>;
}
