// What an action gets to touch in one attempt: the parts of the runtime, each reduced to what a role may ask of it.
import { join } from 'node:path';
import type { PlannedAction, WorkspaceFacts } from '#domain/intent/action.ts';
import { parametrize } from '#domain/intent/parametrize.ts';
import type { LanguageModels } from '#agent-runtime/llm/model.ts';
import type { McpTools } from '#agent-runtime/mcp/port.ts';
import type { Order } from '#agent-runtime/order.ts';
import type { ActionCache, ActionContext, Checkpoints, FileTools } from '#agent-runtime/roles/action.ts';
import type { ThoughtEvents } from '#agent-runtime/thinking/events.ts';
import type { Workspace } from '#agent-runtime/workspace/workspace.ts';
import { fetchArtifact } from './artifact-input.ts';
import { CheckpointKeeper } from './checkpoints/keep.ts';
import { TakeOver } from './checkpoints/take-over.ts';
import type { Commands } from './commands.ts';
import type { Live } from './live.ts';
import { sightOf, type Surveyor } from './sight.ts';
import type { StoreDeps } from './store.ts';

/** Most paths that an action is told of. */
const maxChangedPaths = 1000;

export interface ContextParts extends StoreDeps {
  readonly order: Order;
  readonly live: Live;
  readonly workspace: Workspace;
  readonly commands: Commands;
  readonly planned: PlannedAction;
  readonly cache: ActionCache | undefined;
  readonly gatherFacts: (folder: string, signal: AbortSignal) => Promise<WorkspaceFacts>;
  readonly llm: LanguageModels | undefined;
  readonly thoughts: ThoughtEvents;
  readonly mcp: McpTools | undefined;
  readonly mirror: Surveyor | undefined;
}

/** Folder that actions work in; an absolute path. */
export function workingFolder({ root, subPath }: Workspace): string {
  return join(root, subPath);
}

/** The context of one attempt. */
export async function makeContext(parts: ContextParts): Promise<ActionContext> {
  const { order, live, workspace, commands, planned, blobs, cache, gatherFacts, llm, thoughts, mcp } = parts;
  const { inputs, attempt, spec: { modelPolicy, toolPolicy } } = order;
  const changedPaths = await workspace.tools.changedBefore();
  const thinks = llm === undefined || live.llmGrant() === '' ? {} : { model: llm.under(live.llmGrant, live.signal), ...(await neighbours(parts)) };
  return {
    folder: workingFolder(workspace),
    planned,
    inputs,
    attempt,
    changedPaths: changedPaths.slice(0, maxChangedPaths),
    signal: live.signal,
    log: (text) => live.log.write(text),
    progress: live.progress,
    thoughts,
    run: (command, options) => commands.run(command, options),
    runCode: (request) => commands.runCode(request),
    readOutput: (path) => commands.readOutput(path),
    artifact: (name) => fetchArtifact({ blobs, inputs, live, scratch: workspace.scratch }, name),
    files: fileTools(order, workspace, commands),
    checkpoints: checkpointsOf(parts),
    currentFolder: () => commands.folder(),
    plan: async (asked) => parametrize({ ...asked, inputs, facts: await gatherFacts(commands.folder(), live.signal) }),
    ...(modelPolicy === undefined ? {} : { modelPolicy }),
    ...(toolPolicy === undefined ? {} : { toolPolicy }),
    ...(mcp === undefined ? {} : { mcp }),
    ...(cache === undefined ? {} : { cache }),
    ...thinks,
  };
}

/** Only a model looks around, and only in a mission there is anybody to see. */
async function neighbours({ order, live, mirror }: ContextParts): Promise<Pick<ActionContext, 'lookAround'>> {
  const lookAround = mirror === undefined || order.spec.missionRef === undefined ? undefined : await sightOf(mirror, live);
  return lookAround === undefined ? {} : { lookAround };
}

function checkpointsOf(parts: ContextParts): Checkpoints {
  const keeper = new CheckpointKeeper(parts);
  const left = new TakeOver(parts);
  return { earlier: () => left.earlier(), restoreFiles: () => left.restoreFiles(), keep: (turns, work) => keeper.keep(turns, work) };
}

function fileTools({ spec }: Order, workspace: Workspace, commands: Commands): FileTools {
  const { treeBefore, tools } = workspace;
  const treeOf = (folder: string) => workspace.treeOf(folder);
  const { applyPatch, diff, diffFromBase, filesInBase, pathsBetween, push, restored } = tools;
  const ofResult = async <T>(measure: (folder: string) => Promise<T>) => {
    const left = await commands.resultFolder();
    return left.kind === 'folder' ? measure(left.folder) : undefined;
  };
  return {
    tree: treeBefore,
    treeNow: () => ofResult(treeOf),
    changedNow: () => ofResult(async (folder) => pathsBetween(treeBefore, await treeOf(folder))),
    startOver: () => commands.startOver(),
    applyPatch,
    diff: () => ofResult(diff),
    diffFromBase,
    filesInBase,
    restore: async (paths) => {
      const { tree, paths: differing } = await restored(paths);
      commands.checkOn(tree);
      return differing;
    },
    ...(spec.sideEffects === 'External' ? { push } : {}),
  };
}
