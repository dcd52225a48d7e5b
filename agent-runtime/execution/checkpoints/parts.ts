// What keeping and taking over a checkpoint share: the parts of the attempt, the form of what is stored, and its bounds.
import { z } from 'zod';
import type { Order } from '#agent-runtime/order.ts';
import type { Workspace } from '#agent-runtime/workspace/workspace.ts';
import type { Commands } from '#agent-runtime/execution/commands.ts';
import type { Live } from '#agent-runtime/execution/live.ts';
import type { StoreDeps } from '#agent-runtime/execution/store.ts';

/** The blob service forgets nothing before the owner goes: so there are few of an attempt, and none is large. */
export const checkpointLimits = { count: 20, talkBytes: 2 * 1024 ** 2, bundleBytes: 32 * 1024 ** 2 } as const;

export interface CheckpointParts extends StoreDeps {
  readonly order: Pick<Order, 'namespaceUid' | 'ownerUid' | 'left'>;
  readonly live: Live;
  readonly workspace: Pick<Workspace, 'treeBefore' | 'treeOf' | 'output' | 'takeOutput' | 'scratch' | 'tools'>;
  readonly commands: Pick<Commands, 'resultFolder' | 'startOver'>;
}

const Tree = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);

/** What is stored besides the changed files: which files it belongs to, and what the role itself has to say. */
export const Sheet = z.strictObject({ treeBefore: Tree, tree: Tree, work: z.unknown() });
export type Sheet = z.infer<typeof Sheet>;
