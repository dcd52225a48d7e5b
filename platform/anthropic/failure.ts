// What can go wrong with a call, as values. The difference that matters for money: was the request sent, so that it may be billed?
import { APIError, APIUserAbortError } from '@anthropic-ai/sdk';
import { messageOf } from '../errors.ts';

export type Failure =
  /** The server answered with this status. */
  | { readonly kind: 'status'; readonly status: number; readonly type: string; readonly message: string; readonly retryAfterMs: number | undefined; readonly body: unknown }
  /** No connection: nothing was sent. */
  | { readonly kind: 'unreachable'; readonly message: string }
  /** Sent, but no answer came: it may be billed. */
  | { readonly kind: 'lost'; readonly message: string };

// Errors of Node and undici from before the first byte of a request.
const beforeSending = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|UND_ERR_CONNECT|ERR_TLS_.+|ERR_SSL_.+|CERT_.+|UNABLE_TO_.+|SELF_SIGNED_.+|DEPTH_ZERO_.+)$/;

/** Tells a thrown error of the SDK apart. */
export function failureOf(error: unknown): Failure {
  if (error instanceof APIError && error.status !== undefined) return ofStatus(error);
  const isAborted = error instanceof APIUserAbortError;
  if (!isAborted && codesOf(error).some((code) => beforeSending.test(code))) return { kind: 'unreachable', message: messageOf(error) };
  return { kind: 'lost', message: isAborted ? 'the call was given up' : messageOf(error) };
}

/** Milliseconds that an answer asks to wait, from `retry-after-ms` or `retry-after` in seconds. */
function retryAfterMs(headers: Headers | undefined): number | undefined {
  const exact = numberOf(headers?.get('retry-after-ms'));
  const seconds = numberOf(headers?.get('retry-after'));
  return exact ?? (seconds === undefined ? undefined : seconds * 1000);
}

function ofStatus(error: APIError): Failure {
  const type = error.type ?? 'api_error';
  return { kind: 'status', status: error.status ?? 500, type, message: error.apiMessage ?? `status ${error.status}`, retryAfterMs: retryAfterMs(error.headers), body: error.error };
}

function numberOf(text: string | null | undefined): number | undefined {
  return text !== null && text !== undefined && /^[0-9]{1,6}(\.[0-9]+)?$/.test(text) ? Number(text) : undefined;
}

function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code);
  }
  return codes;
}
