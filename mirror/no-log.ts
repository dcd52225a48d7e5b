// The log of an installation without one: it takes everything and keeps nothing.
import type { EventPublisher } from '#platform/nats/types.ts';

export const withoutLog: EventPublisher = {
  publish: (events) => Promise.resolve({ kept: events.length, dropped: 0 }),
  state: () => ({ isConnected: false, pendingEvents: 0, pendingBytes: 0, oldestMs: 0, dropped: 0 }),
  drained: () => Promise.resolve(true),
  close: () => Promise.resolve(),
};
