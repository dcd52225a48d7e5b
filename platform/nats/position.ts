// Where in a stream reading begins or goes on, and what is missing before it.
import type { StreamInfo } from '@nats-io/jetstream';
import type { Instant } from '#api/time.ts';
import type { Start } from './types.ts';

/** A place in a stream. */
export type Place = { readonly kind: 'sequence'; readonly sequence: number } | { readonly kind: 'time'; readonly time: Instant };

export interface Beginning {
  readonly place: Place;
  readonly gap?: string;
}

type State = Pick<StreamInfo['state'], 'first_seq' | 'last_seq' | 'first_ts'>;

/** A stream as it is now. `log` tells it from one of the same name that was there before. */
export interface Stream {
  readonly log: string;
  readonly state: State;
}

/** The stream of an answer of the server, which keeps the time at which it was made for as long as it is there. */
export function streamOf({ created, state }: Pick<StreamInfo, 'created' | 'state'>): Stream {
  return { log: created, state };
}

/** A log that is another one than before: all of it is new. */
export function beginningAnew({ log, state }: Stream, known: string): Beginning {
  return { place: { kind: 'sequence', sequence: 1 }, gap: `the log was made anew on ${log}, after ${known}: what was not read before is lost${state.first_seq > 1 ? `, and ${missing(1, state.first_seq - 1)}` : ''}` };
}

/** Where to begin for the first time. */
export function beginningOf(start: Start, stream: Stream): Beginning {
  const { state } = stream;
  switch (start.kind) {
    case 'beginning':
      return from(1, state);
    case 'sequence':
      if (start.log !== undefined && start.log !== stream.log) return beginningAnew(stream, start.log);
      return from(start.sequence, state);
    case 'new':
      return { place: { kind: 'sequence', sequence: state.last_seq + 1 } };
    case 'time': {
      const isCut = state.first_seq > 1 && Date.parse(state.first_ts) > start.time;
      return { place: { kind: 'time', time: start.time }, ...(isCut ? { gap: `messages before ${state.first_seq} are no longer in the log` } : {}) };
    }
  }
}

/** Where to go on behind the last message that was read. */
export function beginningAfter(last: number, state: State): Beginning {
  if (state.last_seq < last) return { place: { kind: 'sequence', sequence: 1 }, gap: `the log was made anew: it ends at ${state.last_seq}, and ${last} was read` };
  return from(last + 1, state);
}

function from(sequence: number, { first_seq: first }: State): Beginning {
  return { place: { kind: 'sequence', sequence }, ...(first > sequence ? { gap: missing(sequence, first - 1) } : {}) };
}

/** Says which messages are gone. */
export function missing(first: number, last: number): string {
  return `messages ${first} to ${last} are no longer in the log`;
}
