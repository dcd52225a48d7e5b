// A response without end, read as it comes: the carrier of watches. Silence for too long counts as a dead connection.
import type { Dispatcher } from 'undici';
import type { Clock } from '#platform/clock.ts';
import { type Answer, answerHead } from './status.ts';

export type StreamEnd =
  /** The server refused: `status` is not 2xx. */
  | ({ readonly kind: 'refused' } & Answer)
  | { readonly kind: 'ended' }
  | { readonly kind: 'broken'; readonly cause: Error };

export interface StreamOptions {
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
  /** Longest time without a byte, in milliseconds; also for the wait for the first. */
  readonly idleMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What it throws breaks the stream with that cause. */
  readonly onData: (chunk: Buffer) => void;
}

/** Reads a GET until its end; never rejects. */
export function readStream(pool: Dispatcher, options: StreamOptions): Promise<StreamEnd> {
  return new Promise((resolve) => {
    const handler = new StreamHandler(options, resolve);
    pool.dispatch({ method: 'GET', path: options.path, headers: options.headers, headersTimeout: 0, bodyTimeout: 0 }, handler);
  });
}

class StreamHandler implements Dispatcher.DispatchHandler {
  readonly #options: StreamOptions;
  readonly #resolve: (end: StreamEnd) => void;
  readonly #onAbort = () => this.#break(new Error('stopped'));
  #controller: Dispatcher.DispatchController | undefined;
  #broken: Error | undefined;
  #lastByteAt: number;
  #cancelIdleCheck: () => void;
  #head: Omit<Answer, 'text'> = { status: 0, retryAfter: undefined };
  #refusal: Buffer[] = [];

  constructor(options: StreamOptions, resolve: (end: StreamEnd) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#lastByteAt = options.clock.monotonic();
    this.#cancelIdleCheck = options.clock.after(options.idleMs, () => this.#checkIdle());
    if (options.signal.aborted) this.#broken = new Error('stopped');
    else options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#broken !== undefined) throw this.#broken;
    this.#controller = controller;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Record<string, string | string[] | undefined>): void {
    this.#head = answerHead(status, headers);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#lastByteAt = this.#options.clock.monotonic();
    if (this.#head.status === 200) this.#options.onData(chunk);
    else this.#refusal.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#head.status === 200) this.#finish({ kind: 'ended' });
    else this.#finish({ kind: 'refused', ...this.#head, text: Buffer.concat(this.#refusal).toString() });
  }

  onResponseError(_: unknown, cause: Error): void {
    this.#finish({ kind: 'broken', cause: this.#broken ?? cause });
  }

  #finish(end: StreamEnd): void {
    this.#cancelIdleCheck();
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#resolve(end);
  }

  #checkIdle(): void {
    const { clock, idleMs } = this.#options;
    const silentMs = clock.monotonic() - this.#lastByteAt;
    if (silentMs >= idleMs) this.#break(new Error(`no byte for ${Math.round(silentMs)} ms`));
    else this.#cancelIdleCheck = clock.after(idleMs - silentMs, () => this.#checkIdle());
  }

  #break(cause: Error): void {
    this.#broken = cause;
    if (this.#controller === undefined) this.#finish({ kind: 'broken', cause });
    else this.#controller.abort(cause);
  }
}
