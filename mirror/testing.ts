// Fakes for tests of the mirror: a log in memory, with as little room as a test wants.
import type { CloudEvent } from '#api/events/envelope.ts';
import type { EventPublisher, PublisherState } from '#platform/nats/types.ts';

export class MemoryLog implements EventPublisher {
  readonly events: CloudEvent[] = [];
  /** Events that it still takes. */
  room = Number.POSITIVE_INFINITY;
  /** What the disk says; undefined while it works. */
  fault: string | undefined;
  dropped = 0;

  publish(events: readonly CloudEvent[]) {
    if (this.fault !== undefined) return Promise.reject(new Error(this.fault));
    const taken = events.slice(0, this.room);
    this.room -= taken.length;
    this.events.push(...taken);
    this.dropped += events.length - taken.length;
    return Promise.resolve({ kept: taken.length, dropped: events.length - taken.length });
  }

  state(): PublisherState {
    return { isConnected: true, pendingEvents: 0, pendingBytes: 0, oldestMs: 0, dropped: this.dropped };
  }

  drained(): Promise<boolean> {
    return Promise.resolve(true);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
