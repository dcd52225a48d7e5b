// Errors of ClickHouse by what is to be done about them. The class is all that callers look at.
import { isKind, PlatformError } from '../errors.ts';

/**
 * retry: the same again later may do. refused: what was sent is wrong, and will be next time. gone: tables are not what they were, so they are to be made anew.
 * denied: who we are is not enough; somebody has to change that.
 */
export type ErrorClass = 'retry' | 'refused' | 'gone' | 'denied';

export class ClickHouseError extends PlatformError {
  readonly errorClass: ErrorClass;
  /** Number of the server's error; 0 when it did not answer. */
  readonly code: number;
  constructor(message: string, { errorClass, code, cause }: { readonly errorClass: ErrorClass; readonly code: number; readonly cause?: unknown }) {
    super('ClickHouseError', message, { cause });
    this.errorClass = errorClass;
    this.code = code;
  }
}

/** True for an error of ClickHouse. */
export function isClickHouseError(error: unknown): error is ClickHouseError {
  return isKind(error, 'ClickHouseError');
}

const gone = [60, 81, 16, 47];
const denied = [516, 497, 192, 193, 194, 164];
/** Of what was sent: it cannot be read, or is not what the columns take. A syntax error is one of ours, and stays one. */
const refused = [6, 26, 27, 32, 33, 36, 38, 41, 43, 53, 62, 69, 70, 72, 115, 117, 131, 321, 349, 456, 457];

const classByCode: ReadonlyMap<number, ErrorClass> = new Map<number, ErrorClass>([...gone.map((code) => [code, 'gone'] as const), ...denied.map((code) => [code, 'denied'] as const), ...refused.map((code) => [code, 'refused'] as const)]);

/** Certificates that the other side does not show, or that we do not believe or do not have. */
const tlsFaults = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO)/;

/** The error of a call that failed, in our words. `what` says verb and object. */
export function errorFrom(what: string, error: unknown): ClickHouseError {
  const { code, message } = partsOf(error);
  const number = /^\d+$/.test(code) ? Number(code) : 0;
  const errorClass = classOf(number, code);
  return new ClickHouseError(`${what}: ${message}; ${next[errorClass]}`, { errorClass, code: number, cause: error });
}

/** Unknown codes are tried again: giving up loses rows, trying costs nothing but time. */
function classOf(number: number, code: string): ErrorClass {
  if (tlsFaults.test(code)) return 'denied';
  return classByCode.get(number) ?? 'retry';
}

const next: Readonly<Record<ErrorClass, string>> = {
  retry: 'it is tried again',
  refused: 'what was sent is left out and counted',
  gone: 'the tables are made anew and filled from the event log',
  denied: 'give the user its rights, or replace the files with its credentials: they are read again',
};

function partsOf(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  const code = 'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? String(error.code) : '';
  const text = error.message.trim() === '' ? code : error.message;
  return { code, message: text.replaceAll(/\s+/g, ' ').slice(0, 500) };
}
