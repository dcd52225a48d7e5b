// The one error of all requests to the API server. The reason decides what a caller does; the message tells people.
import { isKind, PlatformError } from '#platform/errors.ts';
import type { KubeReason } from './types.ts';

export interface KubeErrorDetails {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly reason: KubeReason;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** A request that the API server refused or that got lost. */
export class KubeError extends PlatformError {
  readonly status: number;
  readonly reason: KubeReason;
  readonly retryAfterMs: number | undefined;

  /** `what` is verb and object, `said` is what the server or the connection said. */
  constructor(what: string, said: string, details: KubeErrorDetails) {
    super('kube', `${what}: ${said}; ${consequences[details.reason]}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = details.status;
    this.reason = details.reason;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** True for a KubeError, and of one of these reasons when any are given. */
export function isKubeError(error: unknown, ...reasons: readonly KubeReason[]): error is KubeError {
  return isKind(error, 'kube') && (reasons.length === 0 || reasons.includes((error as KubeError).reason));
}

/** True when the server may have carried out the write although it failed: look before writing again. */
export function isOutcomeUnknown(error: unknown): boolean {
  return isKubeError(error, 'LostReply', 'Timeout', 'ServerError');
}

const consequences: Record<KubeReason, string> = {
  NotFound: 'nothing was done; check that the object and its kind exist',
  AlreadyExists: 'nothing was written; read the object that has the name',
  Conflict: 'the object is not the one that was read; read it again and decide anew',
  Invalid: 'nothing was written; correct the named fields',
  BadRequest: 'nothing was done; the request itself is wrong, report it',
  Forbidden: 'nothing was done; grant the permission in RBAC, or look at quota and admission',
  Unauthorized: 'nothing was done; renew the credentials',
  Expired: 'the version is too old to go on from; list again',
  TooManyRequests: 'nothing was done; try again later',
  RequestEntityTooLarge: 'nothing was written; make the object smaller',
  Timeout: 'a write may have happened; read the object before another try',
  ServerError: 'a write may have happened; read the object before another try',
  Unreachable: 'nothing was sent; try again when the API server can be reached',
  LostReply: 'the write may have happened; read the object before another try',
  NotLeader: 'nothing was sent; this process must end',
  Unknown: 'the state of the object is not known; read it again',
};
