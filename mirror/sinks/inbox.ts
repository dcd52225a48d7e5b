// Messages of the log as they are wanted: the next one, or none within a time. Nothing is read ahead, so a sink that is slow slows its reader.
import type { Clock } from '#platform/clock.ts';
import type { Received } from '#platform/nats/types.ts';

/** Late: none came in time; the one that is awaited comes with a later call. */
export type Next = { readonly kind: 'message'; readonly message: Received } | { readonly kind: 'late' } | { readonly kind: 'ended' };

export class Inbox {
  readonly #messages: AsyncIterator<Received>;
  readonly #clock: Pick<Clock, 'after'>;
  #pending: Promise<IteratorResult<Received>> | undefined;
  #returned: Received | undefined;

  constructor(messages: AsyncIterable<Received>, clock: Pick<Clock, 'after'>) {
    this.#messages = messages[Symbol.asyncIterator]();
    this.#clock = clock;
  }

  /** The next message; waits at most `withinMs`, without a limit when it is undefined. */
  async next(withinMs: number | undefined): Promise<Next> {
    if (this.#returned !== undefined) return { kind: 'message', message: this.#take() };
    this.#pending ??= this.#messages.next();
    const result = withinMs === undefined ? await this.#pending : await this.#within(this.#pending, withinMs);
    if (result === 'late') return { kind: 'late' };
    this.#pending = undefined;
    return result.done === true ? { kind: 'ended' } : { kind: 'message', message: result.value };
  }

  /** Gives a message back: it is the next one again. */
  giveBack(message: Received): void {
    this.#returned = message;
  }

  /** Ends the reading. */
  async close(): Promise<void> {
    this.#pending?.catch(() => {});
    await this.#messages.return?.();
  }

  #take(): Received {
    const message = this.#returned as Received;
    this.#returned = undefined;
    return message;
  }

  async #within(pending: Promise<IteratorResult<Received>>, ms: number): Promise<IteratorResult<Received> | 'late'> {
    let cancel = (): void => {};
    const late = new Promise<'late'>((resolve) => (cancel = this.#clock.after(Math.max(0, ms), () => resolve('late'))));
    try {
      return await Promise.race([pending, late]);
    } finally {
      cancel();
    }
  }
}
