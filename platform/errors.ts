// Errors are bugs or broken I/O. They are told apart by `kind`, never by instanceof: bundles duplicate classes.

/** An error whose message says verb, object, consequence and next step. */
export class PlatformError extends Error {
  readonly kind: string;
  constructor(kind: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = kind;
    this.kind = kind;
  }
}

/** True for an error of this kind, whichever bundle made it. */
export function isKind(error: unknown, kind: string): boolean {
  return typeof error === 'object' && error !== null && 'kind' in error && error.kind === kind;
}

/** The message of anything that was thrown, with its causes, on one line. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `: ${messageOf(error.cause)}`;
  return `${error.message}${cause}`.replaceAll(/\s+/g, ' ');
}
