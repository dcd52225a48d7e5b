// What a stream is now: which log it is, and what it still has.
import { jetstreamManager } from '@nats-io/jetstream';
import { streams } from '#api/events/streams.ts';
import { type Instant, parseTime } from '#api/time.ts';
import { PlatformError } from '../errors.ts';
import { askMs } from './consumer.ts';
import type { NatsLink } from './connect.ts';
import type { ReadOptions } from './types.ts';

export interface StreamState {
  /** When the stream was made; another one for a stream that was made anew and counts from 1 again. */
  readonly created: string;
  /** Its first and its last message; `first` is behind `last` in a stream without messages. */
  readonly first: number;
  readonly last: number;
  /** When the first one came; absent without messages. */
  readonly firstTime?: Instant;
}

/** Asks for a stream as it is now. Rejects when the signal fires before there is a connection, and when the server does not answer. */
export async function streamState(link: NatsLink, stream: ReadOptions['stream'], signal: AbortSignal): Promise<StreamState> {
  const connection = await link.ready(signal);
  if (connection === undefined) throw new PlatformError('NatsState', `ask the event log for the stream ${streams[stream].name}: ${link.fault() ?? 'there is no connection'}; look at its servers`);
  const manager = await jetstreamManager(connection, { timeout: askMs, checkAPI: false });
  const { created, state } = await manager.streams.info(streams[stream].name);
  const firstTime = state.messages === 0 ? undefined : parseTime(state.first_ts);
  return { created, first: state.messages === 0 ? state.last_seq + 1 : state.first_seq, last: state.last_seq, ...(firstTime === undefined ? {} : { firstTime }) };
}
