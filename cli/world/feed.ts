// A mission that is being watched, as a port: commands see views and changes, never requests.
import type { Clock } from '#platform/clock.ts';
import { endingOf, type Ending, type MissionView } from '#domain/mission/view.ts';

export interface MissionFeed {
  /** The mission as last seen; undefined once it is gone. */
  view(): MissionView | undefined;
  /** Calls `listener` after each change; the returned function ends it. */
  onChange(listener: () => void): () => void;
  /** Reads everything once more, and stays at that: mission and tasks are watched apart, so the end of one may be seen before the last of the others. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export type Watched = { readonly kind: 'ended'; readonly ending: Ending } | { readonly kind: 'gone' } | { readonly kind: 'timeout' } | { readonly kind: 'interrupted' };

export interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Longest time to wait, in milliseconds; unset: for ever. */
  readonly timeoutMs?: number;
}

/** Waits until the mission has ended or is gone, or patience is over. */
export function untilEnded(feed: MissionFeed, { clock, signal, timeoutMs }: Patience): Promise<Watched> {
  return new Promise((resolve) => {
    const undo: (() => void)[] = [];
    const settle = (watched: Watched) => {
      for (const take of undo.splice(0)) take();
      resolve(watched);
    };
    const look = () => {
      const watched = seen(feed);
      if (watched !== undefined) settle(watched);
    };
    const interrupt = () => settle({ kind: 'interrupted' });
    signal.addEventListener('abort', interrupt, { once: true });
    undo.push(() => signal.removeEventListener('abort', interrupt), feed.onChange(look));
    if (timeoutMs !== undefined) undo.push(clock.after(timeoutMs, () => settle({ kind: 'timeout' })));
    if (signal.aborted) interrupt();
    else look();
  });
}

/** Resolves at the next change, or when `signal` aborts. */
export function nextChange(feed: MissionFeed, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      forget();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const forget = feed.onChange(done);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
  });
}

function seen(feed: MissionFeed): Watched | undefined {
  const view = feed.view();
  if (view === undefined) return { kind: 'gone' };
  const ending = endingOf(view.mission);
  return ending === undefined ? undefined : { kind: 'ended', ending };
}
