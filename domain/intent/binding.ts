// How one intent becomes a tool call: the shape that every binding in this folder has.
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { ExpectedState } from '#domain/consistency/state.ts';
import type { Framework, ToolCall, WorkspaceFacts } from './action.ts';
import { describePath } from './validate.ts';

/** What an intent is bound in. */
export interface Situation {
  readonly facts: WorkspaceFacts;
  /** Results of other tasks by the names that the task gave them. */
  readonly inputs: JsonObject;
}

/** An intent that cannot be carried out here: the field that is wrong, and what to do about it. */
export interface Fault {
  readonly kind: 'fault';
  readonly field: string;
  readonly reason: string;
}

/** A tool call with completed parameters and what should be there after it. */
export interface Binding {
  readonly kind: 'bound';
  readonly call: ToolCall;
  readonly params: JsonObject;
  readonly framework?: Framework;
  readonly expected: ExpectedState;
}

/** Binds the parameters of one intent, whatever they are. */
export type Bind = (params: unknown, situation: Situation) => Binding | Fault;

interface Schema<P> {
  safeParse(value: unknown): { readonly success: true; readonly data: P } | { readonly success: false; readonly error: { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] } };
}

/** A binding of parameters that have this schema. */
export function binding<P>(schema: Schema<P>, bind: (params: P, situation: Situation) => Binding | Fault): Bind {
  return (params, situation) => {
    const parsed = schema.safeParse(params);
    if (parsed.success) return bind(parsed.data, situation);
    const issue = parsed.error.issues[0];
    return { kind: 'fault', field: `intent.params${describePath(issue?.path ?? [])}`, reason: issue?.message ?? 'not valid' };
  };
}

/** A parameter that is wrong here. */
export function paramFault(name: string, reason: string): Fault {
  return { kind: 'fault', field: `intent.params.${name}`, reason };
}

/** A call of a tool of the agent itself. */
export function toolBinding(tool: Exclude<ToolCall['tool'], 'process' | 'custom'>, params: object, expected: ExpectedState): Binding {
  return { kind: 'bound', call: { tool }, params: stated(params), expected };
}

/** A program to run. */
export interface Program {
  readonly command: readonly string[];
  /** The program that must be installed; unset: the first word of the command. */
  readonly program?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
}

/** A call of a program of the workspace. */
export function processCall({ command, program = command[0] ?? '', timeoutSeconds }: Program): Extract<ToolCall, { tool: 'process' }> {
  return { tool: 'process', command, program, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) };
}

/** The parameters that are set, as they are recorded. They came from JSON, so they are JSON. */
export function stated(params: object): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined)) as JsonObject;
}
