// Refusals of the API server as its Status objects.

interface RefusalDetails {
  readonly retryAfterSeconds?: number | undefined;
  readonly objectName?: string;
  /** Field that is wrong. */
  readonly field?: string;
}

/** Thrown inside the double; becomes an answer with a Status. */
export class Refusal extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: RefusalDetails;

  constructor(code: number, reason: string, message: string, details: RefusalDetails = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}

/** The Status object of a refusal. */
export function statusOf({ code, reason, message, details: { objectName, retryAfterSeconds, field } }: Refusal): object {
  const causes = field === undefined ? undefined : [{ reason: 'FieldValueInvalid', message, field }];
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code, details: { name: objectName, retryAfterSeconds, causes } };
}

export const notFound = (plural: string, name: string) => new Refusal(404, 'NotFound', `${plural} "${name}" not found`, { objectName: name });
export const conflict = (plural: string, name: string, why: string) => new Refusal(409, 'Conflict', `Operation cannot be fulfilled on ${plural} "${name}": ${why}`, { objectName: name });
export const expired = () => new Refusal(410, 'Expired', 'too old resource version');
