// The most that a request to the Messages API can cost, known before it is sent. Pure: a bound, not an estimate.
import { costOf, priceOf, type Tokens } from './prices.ts';

/** A request as far as its bound depends on it. `messages` is what was parsed from the body that will be sent. */
export interface BoundedRequest {
  readonly model: string;
  readonly maxTokens: number;
  /** The body as it will be sent. */
  readonly body: string;
  readonly bodyBytes: number;
  readonly messages: readonly unknown[];
}

/** No model of the table reads more than this in one call. */
const contextTokens = 1_000_000;
/** Most tokens that one image becomes, however large its file. */
const imageTokens = 5000;
/** Instructions that the provider adds for tools and the form of messages, generously. */
const overheadTokens = 4096;

const noTokens: Tokens = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, cacheWriteHourTokens: 0 };

/** Upper bound of the cost of one call, in micro-USD. */
export function worstCaseOf({ model, maxTokens, ...request }: BoundedRequest): number {
  const inputTokens = inputBound(request);
  return costOf(model, { ...noTokens, [dearestInput(model, inputTokens, request.body)]: inputTokens, outputTokens: maxTokens });
}

/** Upper bound in micro-USD for a call whose input is known and whose output was cut off. */
export function worstCaseOfOutput(model: string, tokens: Tokens, maxTokens: number): number {
  return costOf(model, { ...tokens, outputTokens: maxTokens });
}

function dearestInput(model: string, inputTokens: number, body: string): keyof Tokens {
  const price = priceOf(model, inputTokens);
  const classes: (keyof Tokens)[] = body.includes('"cache_control"') ? ['inputTokens', 'cacheWriteTokens'] : ['inputTokens'];
  if (body.includes('"ttl":"1h"')) classes.push('cacheWriteHourTokens');
  return classes.reduce((a, b) => (price[b] > price[a] ? b : a));
}

/** Every token of text stands for at least one byte of the body; files stand for more than their bytes, or for less. */
function inputBound({ bodyBytes, messages }: Pick<BoundedRequest, 'bodyBytes' | 'messages'>): number {
  let tokens = bodyBytes + overheadTokens;
  for (const block of blocksOf(messages)) {
    const { type, source } = block;
    if (type === 'image') tokens += imageTokens - dataLength(source);
    else if (isOpaque(block)) return contextTokens;
  }
  return Math.min(tokens, contextTokens);
}

interface Block {
  readonly type?: unknown;
  readonly source?: unknown;
  readonly content?: unknown;
}

// Only where the API itself reads files: elsewhere the same words are text, and text counts by its bytes.
function* blocksOf(messages: readonly unknown[]): Generator<Block> {
  for (const message of messages) {
    for (const block of listOf(message)) {
      yield block;
      if (block.type === 'tool_result') yield* listOf(block);
    }
  }
}

function listOf(holder: unknown): readonly Block[] {
  const content = isRecord(holder) ? holder['content'] : undefined;
  return Array.isArray(content) ? content.filter(isRecord) : [];
}

function dataLength(source: unknown): number {
  if (!isRecord(source) || source['type'] !== 'base64') return 0;
  const { data } = source;
  return typeof data === 'string' ? data.length : 0;
}

const plainTypes: ReadonlySet<unknown> = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use', 'tool_result']);

/** True for a block whose tokens cannot be told from its bytes: a PDF, a file, a page to be fetched, or a kind that came later. */
function isOpaque({ type, source }: Block): boolean {
  if (plainTypes.has(type)) return false;
  return !(type === 'document' && isRecord(source) && source['type'] === 'text');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
