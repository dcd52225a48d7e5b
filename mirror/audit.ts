// One line in the log for each call that was refused, so that whoever tries doors is seen. Calls that are answered are not the business of this file.
import { Code, ConnectError, type ContextValues, type Interceptor } from '@connectrpc/connect';
import type { Log } from '#platform/telemetry/log.ts';

/** Who calls, as far as the door knows. Throws when it does not. */
export type Caller = (values: ContextValues) => string;

/** The refusals of a door; what is not found is one where names could be guessed. */
export const refusals = { people: [Code.Unauthenticated, Code.PermissionDenied, Code.InvalidArgument], agents: [Code.Unauthenticated, Code.PermissionDenied, Code.InvalidArgument, Code.NotFound] } as const satisfies Record<string, readonly Code[]>;

const longestWhy = 256;

/** Passed first by every call of a door. */
export function auditRefusals(log: Log, codes: readonly Code[], caller: Caller): Interceptor {
  return (next) => async (request) => {
    const note = (error: unknown): void => {
      const { code, rawMessage } = ConnectError.from(error);
      if (!codes.includes(code)) return;
      log.info('a call was refused', { audit: 'call.refused', service: request.service.typeName, method: request.method.name, asker: nameOf(caller, request.contextValues), code: Code[code], why: rawMessage.slice(0, longestWhy) });
    };
    try {
      const response = await next(request);
      return response.stream ? { ...response, message: watched(response.message, note) } : response;
    } catch (error) {
      note(error);
      throw error;
    }
  };
}

function nameOf(caller: Caller, values: ContextValues): string {
  try {
    return caller(values);
  } catch {
    return '';
  }
}

/** Messages as they come; a failure among them is noted. */
async function* watched<T>(messages: AsyncIterable<T>, note: (error: unknown) => void): AsyncGenerator<T> {
  try {
    yield* messages;
  } catch (error) {
    note(error);
    throw error;
  }
}
