// What an action gets to touch in one attempt: the parts of the runtime, each reduced to what a role may ask of it.
import { join } from 'node:path';
import type { PlannedAction, WorkspaceFacts } from '#domain/intent/action.ts';
import { parametrize } from '#domain/intent/parametrize.ts';
import type { LanguageModels } from '#agent-runtime/llm/model.ts';
import type { Order } from '#agent-runtime/order.ts';
import type { BlobStore } from '#agent-runtime/ports.ts';
import type { ActionCache, ActionContext, FileTools } from '#agent-runtime/roles/action.ts';
import type { Workspace } from '#agent-runtime/workspace/workspace.ts';
import { fetchArtifact } from './artifact-input.ts';
import type { Commands } from './commands.ts';
import type { Live } from './live.ts';

/** Most paths that an action is told of. */
const maxChangedPaths = 1000;

export interface ContextParts {
  readonly order: Order;
  readonly live: Live;
  readonly workspace: Workspace;
  readonly commands: Commands;
  readonly planned: PlannedAction;
  readonly blobs: BlobStore;
  readonly cache: ActionCache | undefined;
  readonly gatherFacts: (folder: string, signal: AbortSignal) => Promise<WorkspaceFacts>;
  readonly llm: LanguageModels | undefined;
}

/** Folder that actions work in; an absolute path. */
export function workingFolder({ root, subPath }: Workspace): string {
  return join(root, subPath);
}

/** The context of one attempt. */
export async function makeContext({ order, live, workspace, commands, planned, blobs, cache, gatherFacts, llm }: ContextParts): Promise<ActionContext> {
  const { inputs } = order;
  const changedPaths = await workspace.tools.changedBefore();
  return {
    folder: workingFolder(workspace),
    planned,
    inputs,
    changedPaths: changedPaths.slice(0, maxChangedPaths),
    signal: live.signal,
    log: (text) => live.log.write(text),
    progress: live.progress,
    run: (command, options) => commands.run(command, options),
    runCode: (request) => commands.runCode(request),
    readOutput: (path) => commands.readOutput(path),
    artifact: (name) => fetchArtifact({ blobs, inputs, live, scratch: workspace.scratch }, name),
    files: fileTools(order, workspace, commands),
    currentFolder: () => commands.folder(),
    plan: async (asked) => parametrize({ ...asked, inputs, facts: await gatherFacts(commands.folder(), live.signal) }),
    ...(cache === undefined ? {} : { cache }),
    ...(llm === undefined || live.llmGrant() === '' ? {} : { model: llm.under(live.llmGrant, live.signal) }),
  };
}

function fileTools({ spec }: Order, { treeBefore, tools }: Workspace, commands: Commands): FileTools {
  const { applyPatch, diff, filesInBase, push, restored } = tools;
  return {
    tree: treeBefore,
    applyPatch,
    diff: async () => {
      const left = await commands.resultFolder();
      return left.kind === 'folder' ? diff(left.folder) : undefined;
    },
    filesInBase,
    restore: async (paths) => {
      const { tree, paths: differing } = await restored(paths);
      commands.checkOn(tree);
      return differing;
    },
    ...(spec.sideEffects === 'External' ? { push } : {}),
  };
}
