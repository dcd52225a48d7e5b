// What is kept of a conversation: decisions and sizes. Texts of files are not in it, nor anything that looks like a secret.
import type { callOutcomes } from '#api/events/thought.ts';
import type { CallUsage } from '#api/llm.ts';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import { plainText } from '#domain/conditions.ts';
import { findSecrets } from '#agent-runtime/roles/analyzer/secrets/find-secrets.ts';
import type { Tool, ToolAnswer } from './tool.ts';

const limits = { said: 500, value: 200, fields: 16 } as const;

/** One call as it is kept. */
interface CallRecord {
  readonly tool: string;
  readonly input: JsonObject;
  readonly outputBytes: number;
  readonly outcome: (typeof callOutcomes)[number];
}

/** One turn as it is kept. */
export interface TurnRecord {
  readonly turn: number;
  readonly model: string;
  readonly said: string;
  readonly usage: CallUsage;
  readonly calls: readonly CallRecord[];
}

/** A text that others may read: short, on one line, and left out when it holds a secret. */
export function shareable(text: string, maxLength: number): string {
  return findSecrets('', text).length > 0 ? `(${Buffer.byteLength(text)} bytes with a secret are left out)` : plainText(text.trim(), maxLength);
}

/** What a model said, as it is kept. */
export function saidRecord(text: string): string {
  return shareable(text, limits.said);
}

/** A call as it is kept. `outputBytes`: size of the answer as the model read it. */
export function callRecord(name: string, input: unknown, { tool, answer, outputBytes }: { readonly tool: Tool | undefined; readonly answer: ToolAnswer; readonly outputBytes: number }): CallRecord {
  const fields = typeof input === 'object' && input !== null ? Object.entries(input).slice(0, limits.fields) : [];
  const shown = fields.map(([field, value]): [string, Json] => [plainText(field, limits.value), tool === undefined || tool.hidden.includes(field) ? sizeOf(value) : valueRecord(value)]);
  const outcome = answer.isWrongInput === true ? 'wrongInput' : answer.isError === true ? 'failed' : 'done';
  return { tool: plainText(name, limits.value), input: Object.fromEntries(shown), outputBytes, outcome };
}

function valueRecord(value: unknown): Json {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return shareable(typeof value === 'string' ? value : JSON.stringify(value), limits.value);
}

function sizeOf(value: unknown): Json {
  return { bytes: Buffer.byteLength(typeof value === 'string' ? value : (JSON.stringify(value) ?? '')) };
}
