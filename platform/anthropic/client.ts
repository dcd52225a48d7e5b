// The gateway as our own processes call it: one question, one whole answer.
import type Anthropic from '@anthropic-ai/sdk';
import { CallUsage, llmHeaders } from '#api/llm.ts';
import type { AssistantBlock, ConversationRequest, ToolCall } from './conversation.ts';
import { failureOf } from './failure.ts';
import { createSdk, type SdkTls } from './sdk.ts';
import { askUsage, type UsageAnswer } from './usage.ts';

export interface LlmClientOptions {
  /** `https://host:port` of the gateway. */
  readonly baseUrl: string;
  readonly tls: SdkTls;
  /** Longest call, in milliseconds; ten minutes unless told. */
  readonly callMs?: number;
}

/** A part of the system prompt; marked, the provider keeps everything up to its end for a while. */
export interface SystemText {
  readonly type: 'text';
  readonly text: string;
  readonly cache_control?: { readonly type: 'ephemeral' };
}

/** A question, in the words of the Messages API. */
export interface LlmRequest {
  readonly model: string;
  readonly max_tokens: number;
  readonly system?: string | readonly SystemText[];
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly content: string }[];
}

export type LlmAnswer =
  /** `text` is all text of the answer; `stopReason` says whether it is complete. */
  | { readonly kind: 'answered'; readonly text: string; readonly stopReason: string | undefined; readonly model: string; readonly usage: CallUsage }
  /** Asking the same again is no use; `type` is one of Anthropic's error types or of `errorTypes`. */
  | { readonly kind: 'refused'; readonly type: string; readonly message: string }
  /** The gateway or the provider cannot answer now. */
  | { readonly kind: 'later'; readonly retryAfterMs: number; readonly message: string };

/** What the model said next in a conversation, or why it did not. */
export type ConversationAnswer = (Extract<LlmAnswer, { kind: 'answered' }> & { readonly content: readonly AssistantBlock[]; readonly calls: readonly ToolCall[] }) | Exclude<LlmAnswer, { kind: 'answered' }>;

export interface CallOptions {
  /** Sent with the call, such as the account that pays. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface LlmClient {
  complete(request: LlmRequest, options: CallOptions): Promise<LlmAnswer>;
  /** What a mission has used in all of its runs. The gateway tells the operator alone. */
  usage(missionUid: string, signal?: AbortSignal): Promise<UsageAnswer>;
  /** Takes no more calls; those in flight end as they would. */
  close(): Promise<void>;
}

/** The gateway for conversations with tools. */
export interface LlmConversations {
  converse(request: ConversationRequest, options: CallOptions): Promise<ConversationAnswer>;
  /** Takes no more calls; those in flight end as they would. */
  close(): Promise<void>;
}

const defaultCallMs = 600_000;
const defaultRetryMs = 5000;

/** A client that shows this certificate. Make a new one when the certificate was renewed. */
export function createLlmClient({ baseUrl, tls, callMs = defaultCallMs }: LlmClientOptions): LlmClient {
  const { anthropic, close } = createSdk({ baseUrl, callMs, idleMs: callMs, tls });
  return {
    complete: (request, { headers, signal }) => complete(anthropic, request, { headers, timeout: callMs, ...(signal === undefined ? {} : { signal }) }),
    usage: (missionUid, signal) => askUsage(anthropic, missionUid, signal),
    close,
  };
}

/** The same for conversations with tools. */
export function createLlmConversations({ baseUrl, tls, callMs = defaultCallMs }: LlmClientOptions): LlmConversations {
  const { anthropic, close } = createSdk({ baseUrl, callMs, idleMs: callMs, tls });
  return { converse: (request, { headers, signal }) => converse(anthropic, request, { headers, timeout: callMs, ...(signal === undefined ? {} : { signal }) }), close };
}

async function complete(anthropic: Anthropic, { system, messages, ...request }: LlmRequest, options: Anthropic.RequestOptions): Promise<LlmAnswer> {
  const spoken = system === undefined ? {} : { system: typeof system === 'string' ? system : [...system] };
  const answer = await ask(anthropic, { ...request, ...spoken, messages: [...messages] }, options);
  if (answer.kind !== 'answered') return answer;
  const { content: _, ...rest } = answer;
  return rest;
}

async function converse(anthropic: Anthropic, request: ConversationRequest, options: Anthropic.RequestOptions): Promise<ConversationAnswer> {
  // The SDK's types want lists that may be written to; it writes to none.
  const answer = await ask(anthropic, request as unknown as Anthropic.MessageCreateParamsNonStreaming, options);
  if (answer.kind !== 'answered') return answer;
  return { ...answer, calls: answer.content.flatMap((block) => (block.type === 'tool_use' ? [{ id: block.id, name: block.name, input: block.input }] : [])) };
}

type Said = (Extract<LlmAnswer, { kind: 'answered' }> & { readonly content: readonly Anthropic.ContentBlock[] }) | Exclude<LlmAnswer, { kind: 'answered' }>;

async function ask(anthropic: Anthropic, request: Anthropic.MessageCreateParamsNonStreaming, options: Anthropic.RequestOptions): Promise<Said> {
  try {
    const { data, response } = await anthropic.messages.create(request, options).withResponse();
    const { content, stop_reason, model, usage } = data;
    return {
      kind: 'answered',
      content,
      text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
      stopReason: stop_reason ?? undefined,
      model,
      usage: billedUsage(response.headers) ?? { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens, cacheReadTokens: usage.cache_read_input_tokens ?? 0, cacheWriteTokens: usage.cache_creation_input_tokens ?? 0, costMicroUsd: 0 },
    };
  } catch (error) {
    return outcomeOf(error);
  }
}

/** What the gateway charged; undefined when this was not ours, which knows no prices. */
function billedUsage(headers: Headers): CallUsage | undefined {
  try {
    return CallUsage.safeParse(JSON.parse(headers.get(llmHeaders.usage) ?? '')).data;
  } catch {
    return undefined;
  }
}

function outcomeOf(error: unknown): Exclude<LlmAnswer, { kind: 'answered' }> {
  const failure = failureOf(error);
  if (failure.kind !== 'status') return { kind: 'later', retryAfterMs: defaultRetryMs, message: failure.message };
  const { status, type, message, retryAfterMs = defaultRetryMs } = failure;
  return status === 429 || status >= 500 ? { kind: 'later', retryAfterMs, message } : { kind: 'refused', type, message };
}
