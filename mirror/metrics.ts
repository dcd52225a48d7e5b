// What the mirror counts and shows.
import { type Family, familyOf } from '#api/events/catalogue.ts';
import { type CloudEvent, nameOf } from '#api/events/envelope.ts';
import type { PublisherState } from '#platform/nats/types.ts';
import type { Metrics } from '#platform/telemetry/metrics.ts';
import type { Refusal } from './intake/service.ts';
import type { Part } from './ports.ts';

export interface MirrorMetrics {
  readonly told: (events: readonly CloudEvent[]) => void;
  readonly refused: (why: Refusal) => void;
}

/** What gauges ask at each scrape. */
export interface Gauges {
  /** The way to the log; undefined before it is open. */
  readonly log: () => PublisherState | undefined;
  /** Changes that are not on disk yet. */
  readonly waiting: () => number;
  readonly watchAgeMs: () => number;
  readonly parts: () => readonly Pick<Part, 'name' | 'state'>[];
}

/** Registers the metrics. */
export function createMirrorMetrics(metrics: Metrics, { log, waiting, watchAgeMs, parts }: Gauges): MirrorMetrics {
  const told = metrics.counter('mirror_events_total', 'Events on disk for the log, by family.', ['family']);
  const refusals = metrics.counter('mirror_refusals_total', 'Requests of agents that were not taken: for their grant, for what they told (events), for a task that nobody knows, for the disk.', ['reason']);
  const gauge = (name: string, help: string, read: () => number) => metrics.gauge(name, help, { collect: (own) => own.set(read()) });
  gauge('mirror_outbox_events', 'Events on disk that the log has not acknowledged.', () => log()?.pendingEvents ?? 0);
  gauge('mirror_outbox_bytes', 'What they take, in bytes.', () => log()?.pendingBytes ?? 0);
  gauge('mirror_outbox_oldest_seconds', 'Age of the oldest of them.', () => (log()?.oldestMs ?? 0) / 1000);
  gauge('mirror_outbox_dropped', 'Events since the start for which the disk had no room.', () => log()?.dropped ?? 0);
  gauge('mirror_log_connected', '1 while there is a connection to the log.', () => (log()?.isConnected === true ? 1 : 0));
  gauge('mirror_waiting_changes', 'Changes that were seen and are not on disk yet.', waiting);
  gauge('mirror_watch_age_seconds', 'Time since the API server last said anything, of the kind that was silent the longest.', () => Math.min(watchAgeMs() / 1000, longestAgeSeconds));
  metrics.gauge('mirror_part_up', '1 for a part of the mirror that is well, 0 for one that is down; parts that are off are not shown.', { labelNames: ['part'], collect: (own) => forEachOn(parts(), (part, state) => own.set({ part }, state.kind === 'well' ? 1 : 0)) });
  metrics.gauge('mirror_part_lag_seconds', 'How far a part that is well is behind.', { labelNames: ['part'], collect: (own) => forEachOn(parts(), (part, state) => (state.kind === 'well' ? own.set({ part }, state.lagMs / 1000) : own.remove({ part }))) });
  return {
    told: (events) => {
      for (const [family, count] of countOf(events)) told.inc({ family }, count);
    },
    refused: (reason) => refusals.inc({ reason }),
  };
}

/** Shows whether this process is the one that tells. */
export function showLease(metrics: Metrics, isHeld: () => boolean): void {
  metrics.gauge('mirror_holds_lease', '1 for the mirror that tells, 0 for one that waits until another has ended.', { collect: (own) => own.set(isHeld() ? 1 : 0) });
}

/** Before the first list the age has no end, which no scrape can say. */
const longestAgeSeconds = 1_000_000;

function forEachOn(parts: ReturnType<Gauges['parts']>, show: (part: string, state: ReturnType<Part['state']>) => void): void {
  for (const part of parts) {
    const state = part.state();
    if (state.kind !== 'off') show(part.name, state);
  }
}

function countOf(events: readonly CloudEvent[]): ReadonlyMap<Family, number> {
  const counts = new Map<Family, number>();
  for (const { type } of events) {
    const name = nameOf(type);
    if (name !== undefined) counts.set(familyOf(name), (counts.get(familyOf(name)) ?? 0) + 1);
  }
  return counts;
}
