// From an answer of the API server to a KubeError: HTTP status and the Status object in its body.
import { KubeError } from './error.ts';
import type { KubeReason } from './types.ts';

/** An answer of the server, whatever its status. */
export interface Answer {
  readonly status: number;
  /** Value of the Retry-After header. */
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** What the head of a response says of its answer. */
export function answerHead(status: number, headers: Record<string, string | string[] | undefined>): Omit<Answer, 'text'> {
  const retryAfter = headers['retry-after'];
  return { status, retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined };
}

interface Status {
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: { readonly name?: string; readonly retryAfterSeconds?: number; readonly causes?: readonly { readonly field?: string }[] };
}

const byReason: Readonly<Record<string, KubeReason>> = {
  NotFound: 'NotFound', AlreadyExists: 'AlreadyExists', Conflict: 'Conflict', Invalid: 'Invalid', BadRequest: 'BadRequest', Forbidden: 'Forbidden',
  Unauthorized: 'Unauthorized', Expired: 'Expired', Gone: 'Expired', TooManyRequests: 'TooManyRequests', RequestEntityTooLarge: 'RequestEntityTooLarge',
  Timeout: 'Timeout', ServerTimeout: 'ServerError', InternalError: 'ServerError', ServiceUnavailable: 'ServerError',
};

const byStatus: Readonly<Record<number, KubeReason>> = {
  400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 408: 'Timeout', 409: 'Conflict', 410: 'Expired',
  413: 'RequestEntityTooLarge', 422: 'Invalid', 429: 'TooManyRequests', 504: 'Timeout',
};

/** The error that an answer outside of 2xx means. */
export function errorOfAnswer(what: string, answer: Answer): KubeError {
  return errorOfStatus(what, parseStatus(answer.text) ?? { message: answer.text.slice(0, 200) }, answer.status, retryAfterMs(answer));
}

/** The error that a Status object means, such as the one in an ERROR event of a watch. */
export function errorOfStatus(what: string, status: Status, code: number, retryMs?: number): KubeError {
  const reason = isOtherIncarnation(status) ? 'Conflict' : (byReason[status.reason ?? ''] ?? byStatus[code] ?? (code >= 500 ? 'ServerError' : 'Unknown'));
  const said = `server says ${code} ${(status.message ?? status.reason ?? 'nothing more').trim()}`;
  return new KubeError(what, said, { status: code, reason, retryAfterMs: retryMs });
}

/** A patch that names the uid of an object since replaced is answered with Invalid, as an edit of an immutable field. */
function isOtherIncarnation({ reason, details }: Status): boolean {
  return reason === 'Invalid' && details?.causes?.some(({ field }) => field === 'metadata.uid') === true;
}

/** True when the server knows the kind and says that there is no object of this name: a missing kind answers 404 too, without details. */
export function isAbsent(answer: Answer): boolean {
  return answer.status === 404 && parseStatus(answer.text)?.details?.name !== undefined;
}

function parseStatus(text: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds of Retry-After, from the header or from the Status. */
function retryAfterMs(answer: Answer): number | undefined {
  const seconds = Number(answer.retryAfter ?? parseStatus(answer.text)?.details?.retryAfterSeconds ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
