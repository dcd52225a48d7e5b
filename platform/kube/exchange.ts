// One HTTP exchange on an undici pool, with the one fact that generic clients hide: whether the request had left when it failed.
import type { Dispatcher } from 'undici';
import { type Answer, answerHead } from './status.ts';

export type Exchanged =
  | ({ readonly kind: 'answered' } & Answer)
  /** `sent`: bytes of the request may have reached the server. */
  | { readonly kind: 'failed'; readonly sent: boolean; readonly timedOut: boolean; readonly cause: Error };

export interface ExchangeOptions {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: string | null;
  readonly deadlineMs: number;
  /** Called in the same tick in which the request is written to its socket; what it throws rejects the exchange. */
  readonly guard: (() => void) | undefined;
}

/** Sends one request and waits for the whole answer. Rejects only with what the guard throws. */
export function exchange(pool: Dispatcher, options: ExchangeOptions): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body } = options;
    pool.dispatch({ method, path, headers, body, headersTimeout: 0, bodyTimeout: 0 }, new ExchangeHandler(options, resolve, reject));
  });
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #guard: (() => void) | undefined;
  readonly #resolve: (exchanged: Exchanged) => void;
  readonly #reject: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #timeout: Error | undefined;
  #refusal: { readonly error: unknown } | undefined;
  #head: Omit<Answer, 'text'> = { status: 0, retryAfter: undefined };
  #chunks: Buffer[] = [];

  constructor({ deadlineMs, guard }: ExchangeOptions, resolve: (exchanged: Exchanged) => void, reject: (error: unknown) => void) {
    this.#guard = guard;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => this.#expire(deadlineMs), deadlineMs);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Throwing here makes undici drop the request before a byte of it is written; the socket stays usable.
    if (this.#timeout !== undefined) throw this.#timeout;
    try {
      this.#guard?.();
    } catch (error) {
      this.#refusal = { error };
      throw error;
    }
    this.#controller = controller;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[] | undefined>): void {
    this.#head = answerHead(status, headers);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    clearTimeout(this.#timer);
    const [first] = this.#chunks;
    const body = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.#resolve({ kind: 'answered', ...this.#head, text: body.toString() });
  }

  onResponseError(_: unknown, cause: Error): void {
    clearTimeout(this.#timer);
    if (this.#refusal !== undefined) this.#reject(this.#refusal.error);
    else this.#resolve({ kind: 'failed', sent: this.#controller !== undefined, timedOut: this.#timeout !== undefined, cause: this.#timeout ?? cause });
  }

  #expire(deadlineMs: number): void {
    this.#timeout = new Error(`no answer within ${deadlineMs} ms`);
    if (this.#controller === undefined) this.onResponseError(undefined, this.#timeout);
    else this.#controller.abort(this.#timeout);
  }
}
