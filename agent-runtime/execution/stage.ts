// The folder that the runs of one attempt work on. It is a sandbox's copy, handed from back end to back end, so that an attempt has one result folder whatever ran in it.
import type { Prepared, Sandbox } from '#sandbox/port.ts';

/** The back ends of an agent, by the kind of action they run. */
export interface Sandboxes {
  readonly process: Sandbox;
  readonly wasm: Sandbox;
}

/** Caps on the copies of one attempt. */
export const copyLimits = { maxFiles: 200_000, maxBytes: 2 * 1024 ** 3 } as const;

export interface Stage {
  /** The folder inside this back end, with everything that ran before; rejects with a refusal when its files may not be copied. */
  enter(kind: keyof Sandboxes): Promise<Prepared>;
  /** A copy of the root as nothing ran in it yet; what was changed in the copy before is lost. Rejects like `enter`. */
  restart(kind: keyof Sandboxes): Promise<Prepared>;
  /** Where the last run was; undefined before the first. */
  current(): Prepared | undefined;
  dispose(): Promise<void>;
}

export interface StageOptions {
  readonly sandboxes: Sandboxes;
  /** Folder that the first copy is made from. */
  readonly root: string;
  /** Folders that its files refer to, such as borrowed git objects. */
  readonly borrowed: readonly string[];
  /** Called with the first copy before anything runs in it. */
  readonly onFirst: (folder: string) => Promise<void>;
}

/** An empty stage. */
export function createStage({ sandboxes, root, borrowed, onFirst }: StageOptions): Stage {
  let entered: { readonly kind: keyof Sandboxes; readonly prepared: Prepared } | undefined;
  const enter = async (kind: keyof Sandboxes): Promise<Prepared> => {
    if (entered?.kind === kind) return entered.prepared;
    const left = entered?.prepared;
    const prepared = await sandboxes[kind].prepare({ from: left?.folder ?? root, ...copyLimits, alsoReadable: borrowed });
    entered = { kind, prepared };
    if (left === undefined) await onFirst(prepared.folder);
    await left?.dispose();
    return prepared;
  };
  return {
    enter,
    restart: async (kind) => {
      const left = entered?.prepared;
      entered = undefined;
      await left?.dispose();
      return enter(kind);
    },
    current: () => entered?.prepared,
    dispose: async () => entered?.prepared.dispose(),
  };
}
