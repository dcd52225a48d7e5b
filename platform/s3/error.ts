// Errors of S3 by what is to be done about them. The class is all that callers look at.
import { isKind, messageOf, PlatformError } from '../errors.ts';

/**
 * retry: the same again later may do. missing: there is no such object. exists: there is one already, and none was wanted. spoilt: what came is not what was put.
 * refused: who we are is not enough, or what was asked is wrong; somebody has to change that.
 */
export type S3ErrorClass = 'retry' | 'missing' | 'exists' | 'spoilt' | 'refused';

export class S3Error extends PlatformError {
  readonly errorClass: S3ErrorClass;
  constructor(message: string, errorClass: S3ErrorClass) {
    super('S3Error', message);
    this.errorClass = errorClass;
  }
}

/** True for an error of S3, of this class if one is told. */
export function isS3Error(error: unknown, errorClass?: S3ErrorClass): error is S3Error {
  return isKind(error, 'S3Error') && (errorClass === undefined || (error as S3Error).errorClass === errorClass);
}

const classByName: Readonly<Record<string, S3ErrorClass>> = { NoSuchKey: 'missing', NotFound: 'missing', PreconditionFailed: 'exists', NoSuchBucket: 'refused', CredentialFile: 'refused', RequestTimeTooSkewed: 'refused' };
/** Certificates that the other side does not show, or that we do not believe or do not have. */
const tlsFaults = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/;
/** Answers that are over in a moment: too slow, too many, or somebody else writes the same name just now. */
const passing: ReadonlySet<number> = new Set([408, 409, 425, 429]);

const next: Readonly<Record<S3ErrorClass, string>> = {
  retry: 'try again later',
  missing: 'it was removed, or never written',
  exists: 'somebody else has written it',
  spoilt: 'put it back from a backup',
  refused: 'look at the bucket, and at the files with the keys and certificates: they are read again',
};

/** The error of a call that failed, in our words. `what` says verb and object. */
export function errorFrom(what: string, cause: unknown): S3Error {
  const errorClass = classOf(cause);
  return new S3Error(`${what}: ${reasonOf(cause)}; ${next[errorClass]}`, errorClass);
}

/** Of what was sent: it was cut or changed on the way. */
const cutShort: ReadonlySet<string> = new Set(['BadDigest', 'IncompleteBody', 'RequestTimeout', 'XAmzContentSHA256Mismatch', 'XAmzContentChecksumMismatch']);

/** Unknown faults are tried again: that costs nothing but time. */
function classOf(cause: unknown): S3ErrorClass {
  const { name, code, status } = partsOf(cause);
  const known = Object.hasOwn(classByName, name) ? classByName[name] : undefined;
  if (known !== undefined) return known;
  if (tlsFaults.test(code)) return 'refused';
  // The vendor compares what comes with the checksum that the server keeps, and its error has no name.
  if (cause instanceof Error && cause.message.startsWith('Checksum mismatch')) return 'spoilt';
  const isOurs = status >= 400 && status < 500 && !passing.has(status);
  return isOurs && !cutShort.has(name) ? 'refused' : 'retry';
}

function partsOf(cause: unknown): { readonly name: string; readonly code: string; readonly status: number } {
  const { name, code, $metadata } = (typeof cause === 'object' && cause !== null ? cause : {}) as { readonly name?: unknown; readonly code?: unknown; readonly $metadata?: { readonly httpStatusCode?: number } };
  return { name: typeof name === 'string' ? name : '', code: typeof code === 'string' ? code : '', status: $metadata?.httpStatusCode ?? 0 };
}

/** Name and message: some servers say only one of them. What a server says may be long, and no cause is kept, as it holds the request. */
function reasonOf(cause: unknown): string {
  const { name } = partsOf(cause);
  const text = messageOf(cause);
  const isTelling = name !== '' && name !== 'Error' && !text.includes(name);
  return `${isTelling ? `${name} ` : ''}${text}`.trim().slice(0, 300);
}
