// Refusals as the Messages API words them on the wire.

/** Types of errors by HTTP status. */
const types = { 400: 'invalid_request_error', 401: 'authentication_error', 404: 'not_found_error', 413: 'request_too_large', 429: 'rate_limit_error', 500: 'api_error', 529: 'overloaded_error' } as const;

type RefusalStatus = keyof typeof types;

/** Thrown inside the server; becomes an answer in the API's form of errors. */
export class Refusal extends Error {
  readonly status: RefusalStatus;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: RefusalStatus, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** The body of an error, and the data of an error event inside a stream. */
export function errorBody({ status, message }: Pick<Refusal, 'status' | 'message'>, requestId: string): object {
  return { type: 'error', error: { type: types[status], message }, request_id: requestId };
}
