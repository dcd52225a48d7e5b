// The contract between the runtime and what a role can do. An action measures and reports; the runtime prepares, bounds, stores and judges sizes.
import type { z } from 'zod';
import type { OutcomeReason } from '#api/conditions.ts';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import type { Outlook } from '#api/world.ts';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { ModelPolicy, ToolPolicy } from '#api/v1alpha1/task.ts';
import type { PlannedAction } from '#domain/intent/action.ts';
import type { Parametrized, Question } from '#domain/intent/parametrize.ts';
import type { RunResult } from '#sandbox/port.ts';
import type { Model } from '#agent-runtime/llm/model.ts';
import type { McpTools } from '#agent-runtime/mcp/port.ts';
import type { ThoughtEvents } from '#agent-runtime/thinking/events.ts';
import type { WorkspaceTools } from '#agent-runtime/workspace/workspace.ts';

/** A blob an action made. */
export interface Produced {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** How an action ended. `observed` was measured here; `claimed` is what a script or model said. */
export interface ActionResult {
  readonly result: 'Succeeded' | 'Failed';
  readonly reason: OutcomeReason;
  readonly message: string;
  readonly observed: JsonObject;
  readonly claimed: JsonObject;
  readonly artifacts: readonly Produced[];
}

export interface CommandOptions {
  /** Longest run time in seconds; the task's deadline holds anyway. */
  readonly timeoutSeconds?: number | undefined;
  /** What the program finds in its environment besides what the sandbox sets. */
  readonly env?: Readonly<Record<string, string>>;
  /** Set: it has no network, also where the task has. */
  readonly offline?: boolean;
}

/** JavaScript for the WebAssembly sandbox, with its bounds. */
export interface CodeRequest {
  /** Body of an async function of `input`. */
  readonly source: string;
  readonly input: Json;
  /** Longest run time in milliseconds; the task's deadline holds anyway. */
  readonly wallMs: number;
  readonly memoryBytes: number;
}

/** The bytes behind an input of the task, or why they cannot be had. */
export type ArtifactAnswer =
  | { readonly kind: 'artifact'; readonly artifact: Artifact; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly reason: Extract<OutcomeReason, 'InputMissing' | 'ArtifactLost' | 'OutputTooLarge'>; readonly message: string };

/** What an agent sees of its mission, or why it sees nothing now. */
export type Sight = { readonly kind: 'seen'; readonly outlook: Outlook; readonly stalenessMs: number } | { readonly kind: 'lost'; readonly message: string };

/** What the runtime itself does with the files of a task: no program of the workspace takes part. Paths are relative to the working folder. */
export interface FileTools extends Pick<WorkspaceTools, 'applyPatch' | 'diffFromBase' | 'filesInBase'> {
  /** What was changed so far, in the copy too once something ran, as git writes diffs. Undefined when the files may not be taken out of the sandbox. */
  readonly diff: () => Promise<string | undefined>;
  /** Git tree of the files that the task started from. */
  readonly tree: string;
  /** Git tree of the files as they are now. Undefined when they may not be taken out of the sandbox. */
  readonly treeNow: () => Promise<string | undefined>;
  /** Paths that differ now from the start, sorted; `../` leads out of the working folder. Undefined as with treeNow. */
  readonly changedNow: () => Promise<readonly string[] | undefined>;
  /** Puts the files into a fresh copy of `folder`: what was changed in the copy before is lost, and from now on every change is made there. Why not, when the files may not be copied. */
  readonly startOver: () => Promise<string | undefined>;
  /** Makes of the commands that follow a check: they find `paths` as the base revision has them, and nothing they change is kept. The paths that differed. */
  readonly restore: (paths: readonly string[]) => Promise<readonly string[]>;
  /** Pushes the commit that the task started from to a branch; absent unless the task is declared `sideEffects: External`. */
  readonly push?: WorkspaceTools['push'];
}

/** What was read from files before, by digest of their content. It only saves time: what is not in it is read again. */
export interface ActionCache {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, content: Uint8Array): Promise<void>;
}

/** What lets another agent go on with the work when this one is lost. It only saves time: where anything is wrong with it, the work begins anew. */
export interface Checkpoints {
  /** What the role kept on an agent before this one, as JSON has it; undefined where nothing was left, or nothing that fits this workspace. */
  readonly earlier: () => Promise<unknown>;
  /** Puts the files into a copy as they were when `earlier` was kept; false when they cannot be had, and then they are as at the start. */
  readonly restoreFiles: () => Promise<boolean>;
  /** Keeps the files as they are with what `work` says, which is asked only when it is time to. `turns`: turns of the attempt so far. */
  readonly keep: (turns: number, work: () => object) => Promise<void>;
}

/** What an action may touch. */
export interface ActionContext {
  /** Folder with the files, to be read; an absolute path. */
  readonly folder: string;
  /** The tool call that the intent became, and what is expected of it. */
  readonly planned: PlannedAction;
  /** Paths below `folder` that earlier tasks had changed when this one started; at most a thousand, none when it starts from the base revision. */
  readonly changedPaths: readonly string[];
  /** Results of other tasks by the names that the task gave them. */
  readonly inputs: JsonObject;
  /** Number of the attempt, counted from 1. */
  readonly attempt: number;
  /** Which models are asked; absent where the task says nothing of it. */
  readonly modelPolicy?: ModelPolicy;
  /** Which tools a model may use; absent where the task says nothing of it. */
  readonly toolPolicy?: ToolPolicy;
  /** Aborts at the deadline and when the task is called off; an action ends soon after. */
  readonly signal: AbortSignal;
  /** Adds text to the task's log. */
  readonly log: (text: string) => void;
  /** Tells how far the action is, 0 to 100. */
  readonly progress: (percent: number, message: string) => void;
  /** Runs a program in the sandbox, in a copy of the whole workspace; what it changes there is the task's output. */
  readonly run: (command: readonly string[], options?: CommandOptions) => Promise<RunResult>;
  /** Runs JavaScript in the WebAssembly sandbox, over the working folder of a copy of the workspace; what it changes there is the task's output. */
  readonly runCode: (request: CodeRequest) => Promise<RunResult>;
  /** Text of a file that the last command left below its working folder, or else below its temporary folder. Undefined when there is none, when a link leads there, and above 16 MiB. */
  readonly readOutput: (path: string) => Promise<string | undefined>;
  /** The blob behind the input `name`, at most 8 MiB. */
  readonly artifact: (name: string) => Promise<ArtifactAnswer>;
  readonly files: FileTools;
  /** Absolute path of the folder where the files are now: `folder`, or its copy in the sandbox once something ran. What is changed there is seen by the next run, and is the task's output. */
  readonly currentFolder: () => string;
  /** Turns another intent into a call, by what the files are now. */
  readonly plan: (asked: Pick<Question, 'type' | 'intent'>) => Promise<Parametrized>;
  /** Absent where the installation has no LLM gateway, or grants this attempt none. */
  readonly model?: Model;
  /** Whoever watches models think; an action that thinks tells it. */
  readonly thoughts: ThoughtEvents;
  /** Looks at the mission: who else is at work, and which files the others have changed, below `folder` or anywhere when it is empty. Late, and evidence of nothing. Absent where the installation keeps no world. */
  readonly lookAround?: (folder: string) => Promise<Sight>;
  /** Absent where the pool lists no servers of the Model Context Protocol. */
  readonly mcp?: McpTools;
  /** Absent where nothing is kept. */
  readonly cache?: ActionCache;
  /** Absent where nobody would go on. */
  readonly checkpoints?: Checkpoints;
}

/** An action with its parameters bound, or why they are wrong. */
export type Bound = { readonly kind: 'bound'; readonly run: (context: ActionContext) => Promise<ActionResult> } | { readonly kind: 'refused'; readonly message: string };

/** An action of a role: parses parameters, then runs with them. */
export type Action = (params: unknown) => Bound;

/** An action whose parameters have this schema. */
export function action<P>(schema: z.ZodType<P>, run: (params: P, context: ActionContext) => Promise<ActionResult>): Action {
  return (params) => {
    const parsed = schema.safeParse(params);
    if (parsed.success) return { kind: 'bound', run: (context) => run(parsed.data, context) };
    const issue = parsed.error.issues[0];
    return { kind: 'refused', message: `intent.params.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}` };
  };
}

type Report = Partial<Pick<ActionResult, 'observed' | 'claimed' | 'artifacts'>>;

/** A good end. */
export function succeeded(message: string, report: Report = {}): ActionResult {
  return { result: 'Succeeded', reason: 'Completed', message, observed: {}, claimed: {}, artifacts: [], ...report };
}

/** A bad end; what was measured until then counts all the same. */
export function failed(reason: OutcomeReason, message: string, report: Report = {}): ActionResult {
  return { result: 'Failed', reason, message, observed: {}, claimed: {}, artifacts: [], ...report };
}

/** A text blob. */
export function textArtifact(name: string, mediaType: string, text: string): Produced {
  return { name, mediaType, bytes: Buffer.from(text) };
}
