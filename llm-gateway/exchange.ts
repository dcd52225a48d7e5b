// One request with what answers it, and answers in the form of the Messages API.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from './sender.ts';

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborted when the caller is gone or the call takes too long. */
  readonly signal: AbortSignal;
  /** Told of every refusal, by its type. */
  readonly onRefused: (type: string) => void;
}

/** Answers with JSON. */
export function replyJson({ request, response }: Exchange, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  // What was announced and not read would be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': bytes.length }).end(bytes);
}

/** Answers with an error in Anthropic's form. */
export function refuse(exchange: Exchange, { status, type, message, retryAfterMs }: Refusal): void {
  exchange.onRefused(type);
  const headers = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  replyJson(exchange, status, { type: 'error', error: { type, message } }, headers);
}

/** The body of a request; undefined when it has more than `maxBytes`. */
export async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  return Number(request.headers['content-length'] ?? 0) > maxBytes ? undefined : collect(request, maxBytes);
}

/** All bytes of a stream; undefined when there are more than `maxBytes`. */
export async function collect(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
