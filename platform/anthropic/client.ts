// The gateway as our own processes call it: one question, one whole answer.
import type Anthropic from '@anthropic-ai/sdk';
import { CallUsage, llmHeaders } from '#api/llm.ts';
import { failureOf } from './failure.ts';
import { createSdk, type SdkTls } from './sdk.ts';

export interface LlmClientOptions {
  /** `https://host:port` of the gateway. */
  readonly baseUrl: string;
  readonly tls: SdkTls;
  /** Longest call, in milliseconds; ten minutes unless told. */
  readonly callMs?: number;
}

/** A question, in the words of the Messages API. */
export interface LlmRequest {
  readonly model: string;
  readonly max_tokens: number;
  readonly system?: string;
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly content: string }[];
}

export type LlmAnswer =
  /** `text` is all text of the answer; `stopReason` says whether it is complete. */
  | { readonly kind: 'answered'; readonly text: string; readonly stopReason: string | undefined; readonly model: string; readonly usage: CallUsage }
  /** Asking the same again is no use; `type` is one of Anthropic's error types or of `errorTypes`. */
  | { readonly kind: 'refused'; readonly type: string; readonly message: string }
  /** The gateway or the provider cannot answer now. */
  | { readonly kind: 'later'; readonly retryAfterMs: number; readonly message: string };

export interface CallOptions {
  /** Sent with the call, such as the account that pays. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface LlmClient {
  complete(request: LlmRequest, options: CallOptions): Promise<LlmAnswer>;
  /** Takes no more calls; those in flight end as they would. */
  close(): Promise<void>;
}

const defaultCallMs = 600_000;
const defaultRetryMs = 5000;

/** A client that shows this certificate. Make a new one when the certificate was renewed. */
export function createLlmClient({ baseUrl, tls, callMs = defaultCallMs }: LlmClientOptions): LlmClient {
  const { anthropic, close } = createSdk({ baseUrl, callMs, idleMs: callMs, tls });
  return { complete: (request, { headers, signal }) => complete(anthropic, request, { headers, timeout: callMs, ...(signal === undefined ? {} : { signal }) }), close };
}

async function complete(anthropic: Anthropic, request: LlmRequest, options: Anthropic.RequestOptions): Promise<LlmAnswer> {
  try {
    const { data, response } = await anthropic.messages.create({ ...request, messages: [...request.messages] }, options).withResponse();
    const { content, stop_reason, model, usage } = data;
    return {
      kind: 'answered',
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

function outcomeOf(error: unknown): LlmAnswer {
  const failure = failureOf(error);
  if (failure.kind !== 'status') return { kind: 'later', retryAfterMs: defaultRetryMs, message: failure.message };
  const { status, type, message, retryAfterMs = defaultRetryMs } = failure;
  return status === 429 || status >= 500 ? { kind: 'later', retryAfterMs, message } : { kind: 'refused', type, message };
}
