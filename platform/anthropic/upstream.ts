// The gateway's way to the provider: bytes in, bytes out, what went wrong as values. Holds the key; nothing of it or of a prompt is logged.
import { readFile } from 'node:fs/promises';
import type Anthropic from '@anthropic-ai/sdk';
import { messageOf } from '../errors.ts';
import { type Batches, createBatches } from './batches.ts';
import { type Failure, failureOf } from './failure.ts';
import { createSdk } from './sdk.ts';

export interface UpstreamOptions {
  readonly baseUrl: string;
  /** File with the API key; read for each call, because the kubelet replaces it. */
  readonly keyFile: string;
  /** Longest call, in milliseconds. */
  readonly callMs: number;
  /** Longest silence inside an answer, in milliseconds. */
  readonly idleMs: number;
}

export interface UpstreamRequest {
  readonly path: '/v1/messages' | '/v1/messages/count_tokens';
  /** JSON. */
  readonly body: string;
  /** Headers to hand on, lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export type UpstreamOutcome =
  /** The headers are here; reading `body` may still fail. */
  | { readonly kind: 'answer'; readonly contentType: string; readonly requestId: string | undefined; readonly body: AsyncIterable<Uint8Array> }
  /** Statuses 429, 529 and other 5xx: nothing was billed, a later try may succeed. */
  | { readonly kind: 'overloaded'; readonly status: number; readonly type: string; readonly message: string; readonly retryAfterMs: number | undefined }
  /** Any other 4xx, with the body as the provider sent it. */
  | { readonly kind: 'refused'; readonly status: number; readonly type: string; readonly message: string; readonly body: unknown }
  | Exclude<Failure, { kind: 'status' }>;

export interface Upstream {
  send(request: UpstreamRequest): Promise<UpstreamOutcome>;
  readonly batches: Batches;
  /** Cuts calls in flight. */
  close(): Promise<void>;
}

/** A client of the provider that never retries. */
export function createUpstream({ baseUrl, keyFile, callMs, idleMs }: UpstreamOptions): Upstream {
  const { anthropic, destroy } = createSdk({ baseUrl, callMs, idleMs });
  const batches = createBatches(anthropic, async (headers) => ({ ...headers, 'x-api-key': await readKey(keyFile), authorization: null }));
  return { send: (request) => send(anthropic, keyFile, request), batches, close: destroy };
}

async function send(anthropic: Anthropic, keyFile: string, { path, body, headers, signal }: UpstreamRequest): Promise<UpstreamOutcome> {
  let key: string;
  try {
    key = await readKey(keyFile);
  } catch (error) {
    return { kind: 'unreachable', message: messageOf(error) };
  }
  try {
    const response = await anthropic.post(path, { body: Buffer.from(body), headers: { ...headers, 'content-type': 'application/json', 'x-api-key': key, authorization: null }, signal }).asResponse();
    return { kind: 'answer', contentType: response.headers.get('content-type') ?? 'application/json', requestId: response.headers.get('request-id') ?? undefined, body: response.body ?? noBytes() };
  } catch (error) {
    return outcomeOf(failureOf(error));
  }
}

function outcomeOf(failure: Failure): UpstreamOutcome {
  if (failure.kind !== 'status') return failure;
  const { retryAfterMs, body, ...said } = failure;
  return said.status === 429 || said.status >= 500 ? { ...said, kind: 'overloaded', retryAfterMs } : { ...said, kind: 'refused', body };
}

async function readKey(keyFile: string): Promise<string> {
  const key = (await readFile(keyFile, 'utf8')).trim();
  if (key === '') throw new Error(`read the API key: ${keyFile} is empty; no model can be called before it holds the key`);
  return key;
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}
