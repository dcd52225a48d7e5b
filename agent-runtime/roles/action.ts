// The contract between the runtime and what a role can do. An action measures and reports; the runtime prepares, bounds, stores and judges sizes.
import type { z } from 'zod';
import type { OutcomeReason } from '#api/conditions.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { RunResult } from '#sandbox/port.ts';

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
}

/** What an action may touch. */
export interface ActionContext {
  /** Folder with the files, to be read; an absolute path. */
  readonly folder: string;
  /** Results of other tasks by the names that the task gave them. */
  readonly inputs: JsonObject;
  /** Aborts at the deadline and when the task is called off; an action ends soon after. */
  readonly signal: AbortSignal;
  /** Adds text to the task's log. */
  readonly log: (text: string) => void;
  /** Tells how far the action is, 0 to 100. */
  readonly progress: (percent: number, message: string) => void;
  /** Runs a program in the sandbox, in a copy of the whole workspace; what it changes there is the task's output. */
  readonly run: (command: readonly string[], options?: CommandOptions) => Promise<RunResult>;
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
