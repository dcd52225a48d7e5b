// What a caller asks for, as policies see it.
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { Refusal } from './refusal.ts';

const maxBodyBytes = 32 * 1024 * 1024;

const CacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() });
const cacheControl = { cache_control: CacheControl.nullish() };

const TextBlock = z.looseObject({ type: z.literal('text'), text: z.string().min(1, 'text must not be empty'), ...cacheControl });
const ToolUseBlock = z.looseObject({ type: z.literal('tool_use'), id: z.string().regex(/^[A-Za-z0-9_-]+$/), name: z.string(), input: z.record(z.string(), z.unknown()), ...cacheControl });
const ToolResultBlock = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).optional(),
  is_error: z.boolean().optional(),
  ...cacheControl,
});
/** Images, documents and thinking: counted, never looked at. */
const otherTypes = ['image', 'document', 'search_result', 'thinking', 'redacted_thinking'] as const;
const OtherBlock = z.looseObject({ type: z.enum(otherTypes), ...cacheControl });
const Block = z.discriminatedUnion('type', [TextBlock, ToolUseBlock, ToolResultBlock, OtherBlock]);
/** One block of a message, in the form of the wire. */
export type Block = z.infer<typeof Block>;

const Tool = z.looseObject({
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, 'must be 1 to 128 letters, digits, _ or -'),
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal('object'), properties: z.record(z.string(), z.unknown()).optional(), required: z.array(z.string()).optional() }),
  ...cacheControl,
});
/** A tool that the caller offers, in the form of the wire. */
export type Tool = z.infer<typeof Tool>;

const Message = z.strictObject({ role: z.enum(['user', 'assistant']), content: z.union([z.string().min(1, 'must not be empty'), z.array(Block).min(1)]) });

const counted = {
  model: z.string().min(1).max(256),
  messages: z.array(Message).min(1, 'at least one message is required'),
  system: z.union([z.string(), z.array(TextBlock)]).optional(),
  tools: z.array(Tool).optional(),
  tool_choice: z.looseObject({ type: z.enum(['auto', 'any', 'tool', 'none']), disable_parallel_tool_use: z.boolean().optional() }).optional(),
  thinking: z.looseObject({ type: z.string() }).optional(),
  output_config: z.looseObject({}).optional(),
  ...cacheControl,
};

const CountBody = z.strictObject(counted);
const MessagesBody = z.strictObject({
  ...counted,
  max_tokens: z.int().min(1),
  stream: z.boolean().optional(),
  stop_sequences: z.array(z.string().min(1)).optional(),
  temperature: z.number().min(0).max(1).optional(),
  metadata: z.looseObject({}).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  top_p: z.number().optional(),
  top_k: z.int().optional(),
});
type CountBody = z.infer<typeof CountBody>;
type MessagesBody = z.infer<typeof MessagesBody>;

/** One turn; a text alone is one block of text. */
export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly blocks: readonly Block[];
}

/** What is counted: tools, system and messages, in the order of the prompt. */
export interface Prompt {
  readonly model: string;
  readonly tools: readonly Tool[];
  readonly system: readonly z.infer<typeof TextBlock>[];
  readonly turns: readonly Turn[];
  /** Set when the caller wants a breakpoint on the last block, wherever it is. */
  readonly automaticCache: z.infer<typeof CacheControl> | undefined;
}

/** A valid request for a message. */
export interface ParsedRequest extends Prompt {
  readonly maxTokens: number;
  readonly isStream: boolean;
  readonly stopSequences: readonly string[];
  /** Set when an answer may call one tool at most. */
  readonly isOneCallATurn?: true;
}

/** Reads the body of a request; more than 32 MiB are refused. */
export async function readBody(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read to the end all the same: who is still sending would see a reset instead of the answer.
    if (bytes <= maxBodyBytes) chunks.push(chunk);
  }
  if (bytes > maxBodyBytes) throw new Refusal(413, 'Request exceeds the maximum size of 32 MiB');
  return Buffer.concat(chunks).toString('utf8');
}

/** Checks a body of POST /v1/messages. */
export function parseMessages(body: unknown): ParsedRequest {
  const wire: MessagesBody = checked(MessagesBody, body);
  return { ...promptOf(wire), maxTokens: wire.max_tokens, isStream: wire.stream ?? false, stopSequences: wire.stop_sequences ?? [], ...(wire.tool_choice?.disable_parallel_tool_use === true ? { isOneCallATurn: true } : {}) };
}

/** Checks a body of POST /v1/messages/count_tokens. */
export function parseCount(body: unknown): Prompt {
  return promptOf(checked(CountBody, body));
}

function checked<T>(schema: z.ZodType<T>, body: unknown): T {
  const { data, error } = schema.safeParse(body);
  if (error === undefined) return data as T;
  throw new Refusal(400, describe(error.issues[0]));
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'The request is not valid';
  // Of a union, the branch that got furthest says most.
  if (issue.code === 'invalid_union') {
    const deepest = issue.errors.flat().toSorted((a, b) => b.path.length - a.path.length)[0];
    if (deepest !== undefined) return describe({ ...deepest, path: [...issue.path, ...deepest.path] });
  }
  if (issue.code === 'unrecognized_keys') return `${[...issue.path, issue.keys[0] ?? ''].join('.')}: Extra inputs are not permitted`;
  const why = issue.message.endsWith('received undefined') ? 'Field required' : issue.message;
  return issue.path.length === 0 ? why : `${issue.path.join('.')}: ${why}`;
}

function promptOf({ model, tools, system, messages, cache_control }: CountBody): Prompt {
  const turns = messages.map(({ role, content }): Turn => ({ role, blocks: typeof content === 'string' ? [{ type: 'text', text: content }] : content }));
  return { model, tools: tools ?? [], system: typeof system === 'string' ? wholeText(system) : (system ?? []), turns, automaticCache: cache_control ?? undefined };
}

function wholeText(text: string): Prompt['system'] {
  return text === '' ? [] : [{ type: 'text', text }];
}
