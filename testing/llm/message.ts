// From what a policy says to the message on the wire: ids, limits of the output, usage.
import type { Message, StopReason, Usage } from '@anthropic-ai/sdk/resources/messages';
import type { InputTokens } from './cache.ts';
import type { Reply, ReplyBlock } from './policy.ts';
import { byteLength, cutToTokens, tokensOf } from './tokens.ts';

/** A block as it is sent: `body` is the text, or the JSON of the input, torn where the output ended. */
export type SentBlock = { readonly type: 'text'; readonly body: string } | { readonly type: 'tool_use'; readonly body: string; readonly id: string; readonly name: string };

/** A whole answer. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly blocks: readonly SentBlock[];
  readonly stopReason: StopReason;
  readonly stopSequence: string | null;
  readonly usage: Usage;
}

interface Limits {
  /** Most tokens of the output. */
  readonly maxTokens: number;
  readonly stopSequences: readonly string[];
}

type Output = Pick<Answer, 'blocks' | 'stopReason' | 'stopSequence'>;

/** The output of a reply within its limits; `nextId` makes ids of calls. */
export function outputOf(reply: Reply, { maxTokens, stopSequences }: Limits, nextId: () => string): Output {
  const whole = stopAt(reply.content, stopSequences);
  const blocks: SentBlock[] = [];
  let left = maxTokens;
  for (const block of whole.content) {
    const body = bodyOf(block);
    const kept = cutToTokens(body, left);
    left -= tokensOf(byteLength(body));
    if (kept !== '') blocks.push(block.type === 'text' ? { type: 'text', body: kept } : { type: 'tool_use', body: kept, id: nextId(), name: block.name });
    if (left < 0) return { blocks, stopReason: 'max_tokens', stopSequence: null };
  }
  const stopReason = whole.sequence === null ? (reply.stopReason ?? (blocks.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn')) : 'stop_sequence';
  return { blocks, stopReason, stopSequence: whole.sequence };
}

/** Usage of an answer in the form of the wire. */
export function usageOf(input: InputTokens, blocks: readonly SentBlock[]): Usage {
  return {
    input_tokens: input.fresh,
    cache_read_input_tokens: input.cacheRead,
    cache_creation_input_tokens: input.cacheWrite5m + input.cacheWrite1h,
    cache_creation: { ephemeral_5m_input_tokens: input.cacheWrite5m, ephemeral_1h_input_tokens: input.cacheWrite1h },
    output_tokens: blocks.reduce((sum, { body }) => sum + tokensOf(byteLength(body)), 0),
    output_tokens_details: null,
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  };
}

/** The answer as one message. */
export function toMessage(answer: Answer): Message {
  return {
    ...emptyMessage(answer),
    content: answer.blocks.map((block) =>
      block.type === 'text' ? { type: 'text', text: block.body, citations: null } : { type: 'tool_use', id: block.id, name: block.name, input: parsedOrEmpty(block.body), caller: { type: 'direct' } },
    ),
    stop_reason: answer.stopReason,
    stop_sequence: answer.stopSequence,
    stop_details: stopDetails(answer),
    usage: answer.usage,
  };
}

/** The answer before its first block. */
export function emptyMessage({ id, model, usage }: Answer): Message {
  return { id, type: 'message', role: 'assistant', model, content: [], container: null, diagnostics: null, stop_reason: null, stop_sequence: null, stop_details: null, usage: { ...usage, output_tokens: 0 } };
}

/** What is said of a refusal; null for every other end. */
export function stopDetails({ stopReason }: Answer): Message['stop_details'] {
  return stopReason === 'refusal' ? { type: 'refusal', category: null, explanation: 'The simulation was told to refuse.' } : null;
}

function bodyOf(block: ReplyBlock): string {
  return block.type === 'text' ? block.text : JSON.stringify(block.input);
}

/** A torn input has no value; the API shows it as an empty one. */
function parsedOrEmpty(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return {};
  }
}

/** The content up to the first stop sequence in its texts. */
function stopAt(content: readonly ReplyBlock[], sequences: readonly string[]): { readonly content: readonly ReplyBlock[]; readonly sequence: string | null } {
  for (const [index, block] of content.entries()) {
    if (block.type !== 'text') continue;
    const found = sequences.map((sequence) => ({ sequence, at: block.text.indexOf(sequence) })).filter(({ at }) => at >= 0).toSorted((a, b) => a.at - b.at)[0];
    if (found !== undefined) return { content: [...content.slice(0, index), { type: 'text', text: block.text.slice(0, found.at) }], sequence: found.sequence };
  }
  return { content, sequence: null };
}
