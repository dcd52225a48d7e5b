// HTTP to servers that nobody here vouches for: no answer is without an end.
const closeMs = 2000;

/** Requests whose answers have at most `maxBytes`, unpacked; a longer one is cut off with an error, and `onTooLarge` is told. */
export function boundedFetch(maxBytes: number, onTooLarge: (why: Error) => void): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return async (url, init = {}) => {
    const response = await fetch(url, { ...init, ...signalOf(init) });
    if (response.body === null) return response;
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(counted(maxBytes, onTooLarge)), { status, statusText, headers });
  };
}

/** Nobody waits long for a farewell. */
function signalOf({ method, signal }: RequestInit): Pick<RequestInit, 'signal'> {
  if (method !== 'DELETE') return {};
  return { signal: AbortSignal.any([AbortSignal.timeout(closeMs), ...(signal ? [signal] : [])]) };
}

function counted(maxBytes: number, onTooLarge: (why: Error) => void): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform: (chunk, controller) => {
      bytes += chunk.byteLength;
      if (bytes <= maxBytes) return controller.enqueue(chunk);
      const why = new Error(`the answer has more than ${maxBytes} bytes`);
      controller.error(why);
      return onTooLarge(why);
    },
  });
}
