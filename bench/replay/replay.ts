// How fast a history is folded and filtered, and how soon the first event of a replay comes, both from events in memory.
import { createRouterTransport, createClient } from '@connectrpc/connect';
import type { BenchRow } from '#bench/row.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { createFilter } from '#domain/replay/filter.ts';
import { Fold } from '#domain/replay/fold.ts';
import { agentActed, changedTask, t0, wholeMission, wholeTask, type Version } from '#domain/replay/testing.ts';
import { historyRoutes } from '#mirror/history/routes.ts';
import { MemoryLog } from '#mirror/history/testing.ts';
import { systemClock } from '#platform/clock.ts';
import { HistoryService } from '#platform/rpc/generated/coditect/v1alpha1/events_pb.ts';

const command = 'make bench';
const tasks = 1000;
const rounds = 5;
const smallTasks = 100;

/** Both rows. */
export async function benchReplay(): Promise<BenchRow[]> {
  const events = aHistory(tasks);
  const fold = best(() => folded(events));
  const floor = best(() => touched(events));
  const first = await firstEventMs();
  return [
    { id: 'replay_events_per_s', value: events.length / fold, unit: 'events/s', floor: events.length / floor, ratio: floor / fold, command },
    { id: 'replay_first_event_ms', value: first.replay, unit: 'ms', floor: first.floor, ratio: first.replay / first.floor, command },
  ];
}

/** A mission of many tasks: each is created, told of by its agent forty times, and changes three times. */
function aHistory(count: number): CloudEvent[] {
  const events: CloudEvent[] = [wholeMission({ version: 1, at: t0, status: { runNumber: 1 } })];
  for (let number = 0; number < count; number++) {
    const name = `task-${number}`;
    const versions = [0, 1, 2, 3].map((change): Version => ({ version: number * 10 + change + 2, at: t0 + number * 1000 + change * 200, status: { attempt: change, conditions: [{ type: 'Succeeded', status: 'Unknown', reason: `Reason${change}`, message: 'Runs.', lastTransitionTime: '2026-11-23T12:00:00Z' }], assignment: { agent: `crew-${number % 8}`, pool: 'crew' } } }));
    versions.forEach((version, change) => {
      const before = versions[change - 1];
      events.push(before === undefined ? wholeTask({ name }, version) : changedTask({ name, facts: { agent: `crew-${number % 8}` } }, before, version));
      for (let seq = 1; seq <= 10; seq++) events.push(agentActed(name, change * 10 + seq, version.at + seq));
    });
  }
  return events;
}

/** Seconds for one pass. */
function folded(events: readonly CloudEvent[]): number {
  const fold = new Fold();
  const isWanted = createFilter({ task: 'task-7', from: t0, until: t0 + 86_400_000 });
  const begin = performance.now();
  let wanted = 0;
  for (const event of events) {
    fold.apply(event);
    if (isWanted(event)) wanted += 1;
  }
  const seconds = (performance.now() - begin) / 1000;
  if (wanted !== 44) throw new Error(`cannot believe this figure: ${wanted} events were wanted, 44 expected`);
  return seconds;
}

/** The least work: each event is looked at. */
function touched(events: readonly CloudEvent[]): number {
  const begin = performance.now();
  let length = 0;
  for (const { id, data } of events) length += id.length + ('epoch' in data ? 1 : 2);
  const seconds = (performance.now() - begin) / 1000;
  if (length === 0) throw new Error('cannot believe this figure: no event was looked at');
  return seconds;
}

function best(measure: () => number): number {
  return Math.min(...Array.from({ length: rounds }, measure));
}

async function firstEventMs(): Promise<{ readonly replay: number; readonly floor: number }> {
  const log = new MemoryLog();
  const events = aHistory(smallTasks);
  for (let at = 0; at < events.length; at += 100) log.put(events.slice(at, at + 100));
  const authenticator = { review: async () => ({ username: 'u', uid: 'u', groups: [], extra: {} }), allowed: async () => true };
  const { routes, interceptors } = historyRoutes({ authenticator, sources: { log: { reader: log, state: async () => ({ created: '', first: 1, last: 1 }) }, archive: undefined }, truth: { missions: () => [] }, clock: systemClock });
  const client = createClient(HistoryService, createRouterTransport(routes, { router: { interceptors: [...interceptors] } }));
  const times: { replay: number; floor: number }[] = [];
  for (let round = 0; round < rounds; round++) times.push({ replay: await firstOf(client.replay({ mission: { namespace: 'team-a', name: 'examine' } }, { headers: { authorization: 'Bearer u' } })), floor: await firstOf(log.upToNow({ stream: 'events', tenant: 'team-a', start: { kind: 'beginning' } })) });
  return { replay: Math.min(...times.map(({ replay }) => replay)), floor: Math.min(...times.map(({ floor }) => floor)) };
}

async function firstOf(stream: AsyncIterable<unknown>): Promise<number> {
  const begin = performance.now();
  for await (const _ of stream) return performance.now() - begin;
  throw new Error('cannot believe this figure: nothing came');
}
