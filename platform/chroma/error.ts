// Errors of Chroma by what is to be done about them. The class is all that callers look at.
import { isKind, PlatformError } from '../errors.ts';

/** retry: the same again later may do. refused: what was sent is wrong. gone: the collection is not there any more. denied: who we are is not enough. */
export type ChromaErrorClass = 'retry' | 'refused' | 'gone' | 'denied';

export class ChromaFault extends PlatformError {
  readonly errorClass: ChromaErrorClass;
  constructor(message: string, errorClass: ChromaErrorClass, cause?: unknown) {
    super('ChromaFault', message, { cause });
    this.errorClass = errorClass;
  }
}

/** True for an error of Chroma. */
export function isChromaFault(error: unknown): error is ChromaFault {
  return isKind(error, 'ChromaFault');
}

/** By the names that the client gives its errors. What it does not name, answers that nobody can read too, is tried again. */
const classes: Readonly<Record<string, ChromaErrorClass>> = {
  ChromaNotFoundError: 'gone',
  InvalidCollectionError: 'gone',
  ChromaUnauthorizedError: 'denied',
  ChromaForbiddenError: 'denied',
  ChromaClientError: 'refused',
  ChromaValueError: 'refused',
  InvalidArgumentError: 'refused',
};

const next: Readonly<Record<ChromaErrorClass, string>> = {
  retry: 'it is tried again',
  refused: 'look at what else writes to this Chroma',
  gone: 'it is made anew and filled from the event log',
  denied: 'replace the files with the credentials: they are read again',
};

/** The class of what the client threw. */
export function classOf(error: unknown): ChromaErrorClass {
  return (error instanceof Error ? classes[error.name] : undefined) ?? 'retry';
}

/** The error of a call that failed, in our words. `what` says verb and object; `why` is what was found out beyond the client's words. */
export function faultFrom(what: string, error: unknown, why?: string): ChromaFault {
  const errorClass = classOf(error);
  const said = why ?? (error instanceof Error ? error.message : String(error));
  return new ChromaFault(`${what} in Chroma: ${said.replaceAll(/\s+/g, ' ').slice(0, 300)}; ${next[errorClass]}`, errorClass, error);
}
