// What the event log is to the rest of the house: a place to hand events in, and a place to read them from.
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Family } from '#api/events/catalogue.ts';
import type { Instant } from '#api/time.ts';

/** What became of events that were handed in. */
export interface Taken {
  readonly kept: number;
  /** For which there was no room; they are counted and gone. */
  readonly dropped: number;
}

/** How the way to the log is. */
export interface PublisherState {
  readonly isConnected: boolean;
  /** Events on disk that the log has not acknowledged. */
  readonly pendingEvents: number;
  readonly pendingBytes: number;
  /** Age of the oldest of them, in milliseconds; 0 when there is none. */
  readonly oldestMs: number;
  readonly dropped: number;
  /** Why nothing gets through now. */
  readonly fault?: string;
}

/** Where events are handed in. The log may be away for as long as the disk has room. */
export interface EventPublisher {
  /** Resolves when the events are on disk, in the order of the call; from then on they reach the log, whatever happens to this process. Rejects when the disk fails. */
  publish(events: readonly CloudEvent[]): Promise<Taken>;
  state(): PublisherState;
  /** Waits until everything is acknowledged, or the signal fires; true when everything is. */
  drained(signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** Where reading begins. A number counts in the log that it is of: one that was made anew is read from its beginning, and the gap is said. */
export type Start = { readonly kind: 'beginning' } | { readonly kind: 'new' } | { readonly kind: 'sequence'; readonly sequence: number; readonly log?: string } | { readonly kind: 'time'; readonly time: Instant };

export interface ReadOptions {
  readonly stream: 'events' | 'audit';
  /** Absent: of all tenants. */
  readonly tenant?: string;
  /** Absent: all. */
  readonly families?: readonly Family[];
  readonly start: Start;
}

/** One message of the log. */
export interface Received {
  /** Number of the message in its stream. */
  readonly sequence: number;
  /** Which log that number is of: a stream that was removed and made again is another one. */
  readonly log?: string;
  readonly tenant: string;
  readonly family: Family;
  readonly events: readonly CloudEvent[];
  /** Messages of the stream that match and are not read yet. */
  readonly pending: number;
  /** Why messages before this one are missing. */
  readonly gap?: string;
  /** Why some or all events of the message could not be read; they are left out. */
  readonly fault?: string;
}

export interface EventReader {
  /** Messages in their order, then those to come, until the signal fires. Survives the loss of connections and servers. */
  follow(options: ReadOptions, signal: AbortSignal): AsyncIterable<Received>;
  /** Messages up to the newest one that there is when it is called. */
  upToNow(options: ReadOptions, signal: AbortSignal): AsyncIterable<Received>;
  /** Like follow, but the server remembers under `name` how far it got: a message counts as read when `handle` resolved, and comes again when it did not. */
  consume(name: string, options: ReadOptions, handle: (messages: readonly Received[]) => Promise<void>, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
