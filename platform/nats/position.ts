// Where in a stream reading begins or goes on, and what is missing before it.
import type { StreamState } from '@nats-io/jetstream';
import type { Instant } from '#api/time.ts';
import type { Start } from './types.ts';

/** A place in a stream. */
export type Place = { readonly kind: 'sequence'; readonly sequence: number } | { readonly kind: 'time'; readonly time: Instant };

export interface Beginning {
  readonly place: Place;
  readonly gap?: string;
}

type State = Pick<StreamState, 'first_seq' | 'last_seq' | 'first_ts'>;

/** Where to begin for the first time. */
export function beginningOf(start: Start, state: State): Beginning {
  switch (start.kind) {
    case 'beginning':
      return from(1, state);
    case 'sequence':
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
