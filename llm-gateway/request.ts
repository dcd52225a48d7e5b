// Requests as far as money and routing need them understood; all else is handed on. What was judged is what is sent: the body is
// written anew, so that a key that stands twice cannot mean two things.
import { z } from 'zod';
import { llmHeaders } from '#api/llm.ts';
import type { Rate } from '#domain/cost/prices.ts';
import { worstCaseOf } from '#domain/cost/worst-case.ts';

const MessagesRequest = z.looseObject({
  model: z.string().min(1).max(128),
  max_tokens: z.int().min(1).max(64_000),
  stream: z.boolean().optional(),
  messages: z.array(z.unknown()).min(1),
});

const CountRequest = z.looseObject({ model: z.string().min(1).max(128), messages: z.array(z.unknown()).min(1) });

export interface ParsedRequest {
  /** The model that is to answer. */
  readonly model: string;
  /** The one that the caller asked for: dearer, where the budget is nearly spent. */
  readonly askedModel: string;
  readonly maxTokens: number;
  readonly isStreaming: boolean;
  readonly rate: Rate;
  readonly body: string;
  /** What the body says. */
  readonly fields: Readonly<z.infer<typeof MessagesRequest>>;
  /** The most that the call can cost, in micro-USD. */
  readonly worstCaseMicroUsd: number;
}

/** The same question as part of a batch. */
export function batchedOf(request: ParsedRequest): ParsedRequest {
  return { ...request, rate: 'batch', worstCaseMicroUsd: Math.ceil(request.worstCaseMicroUsd / 2) };
}

/** Headers that tell a caller when another model answers than it asked for. */
export function markOf({ model, askedModel }: Pick<ParsedRequest, 'model' | 'askedModel'>): Readonly<Record<string, string>> {
  return model === askedModel ? {} : { [llmHeaders.downgraded]: '1' };
}

export type Parsed<T> = { readonly kind: 'parsed'; readonly request: T } | { readonly kind: 'invalid'; readonly message: string };

const invalid = (message: string) => ({ kind: 'invalid', message }) as const;

/** A body of POST /v1/messages, with a bound of its cost. Refused when there is none. */
export function parseMessagesRequest(bytes: Buffer): Parsed<ParsedRequest> {
  const parsed = parse(bytes, MessagesRequest);
  if (parsed.kind === 'invalid') return parsed;
  const { request } = parsed;
  const unbounded = unboundedPart(request);
  if (unbounded !== undefined) return invalid(`${unbounded} is not allowed here: what it costs cannot be known before the call`);
  return { kind: 'parsed', request: requestOf(request, request.model) };
}

function requestOf(fields: z.infer<typeof MessagesRequest>, askedModel: string): ParsedRequest {
  const { model, max_tokens: maxTokens, stream: isStreaming = false, messages } = fields;
  const body = JSON.stringify(fields);
  return { model, askedModel, maxTokens, isStreaming, rate: 'standard', body, fields, worstCaseMicroUsd: worstCaseOf({ model, maxTokens, messages, body, bodyBytes: Buffer.byteLength(body) }) };
}

/** The same question to this model; the request as it is when that would not be cheaper. */
export function cheaperOf(request: ParsedRequest, model: string | undefined): ParsedRequest {
  if (model === undefined || model === request.model) return request;
  const cheaper = requestOf({ ...request.fields, model }, request.askedModel);
  return cheaper.worstCaseMicroUsd < request.worstCaseMicroUsd ? cheaper : request;
}

/** A body of POST /v1/messages/count_tokens, as it is to be sent. */
export function parseCountRequest(bytes: Buffer): Parsed<string> {
  const parsed = parse(bytes, CountRequest);
  return parsed.kind === 'invalid' ? parsed : { kind: 'parsed', request: JSON.stringify(parsed.request) };
}

function parse<T>(bytes: Buffer, schema: z.ZodType<T>): Parsed<T> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return invalid('the body is not JSON');
  }
  const { data, error } = schema.safeParse(value);
  if (data === undefined) return invalid(error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') ?? 'the body is not a request');
  return { kind: 'parsed', request: data };
}

// Each makes the provider do more, or dearer, than the tokens of the request and of the answer.
const unboundedFields = ['mcp_servers', 'container', 'inference_geo', 'context_management', 'fallbacks'];
const clientTools = /^(custom|bash_|text_editor_|computer_|memory_)/;

function unboundedPart(request: Readonly<Record<string, unknown>>): string | undefined {
  const field = unboundedFields.find((name) => request[name] !== undefined && request[name] !== null);
  if (field !== undefined) return field;
  if (request['speed'] === 'fast') return 'speed fast';
  const { tools = [] } = request;
  if (!Array.isArray(tools)) return 'tools other than a list';
  const serverTool = tools.map(typeOf).find((type) => !clientTools.test(type));
  return serverTool === undefined ? undefined : `a tool of type ${serverTool.slice(0, 64)}`;
}

function typeOf(tool: unknown): string {
  const type: unknown = typeof tool === 'object' && tool !== null && 'type' in tool ? tool.type : undefined;
  return type === undefined || type === null ? 'custom' : JSON.stringify(type).replaceAll('"', '');
}
