// History over the real log: what the publisher keeps is what a replay tells, of one tenant and one mission, in order.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CloudEvent } from '#api/events/envelope.ts';
import { agentActed, changedTask, t0, wholeMission, wholeTask, type Version } from '#domain/replay/testing.ts';
import { Timeline } from '#domain/replay/timeline.ts';
import type { EventPublisher } from '#platform/nats/types.ts';
import { Bench, isMissing, why } from '#platform/nats/testing.ts';
import { aHistory, saidBy } from './testing.ts';

const versions = Array.from({ length: 300 }, (_, index): Version => ({ version: index + 1, at: t0 + index * 1000, status: { n: index, conditions: [{ type: 'Succeeded', reason: `r${index}` }] } }));
const tasks = versions.map((version, index) => (index === 0 ? wholeTask({ name: 'a' }, version) : changedTask({ name: 'a' }, versions[index - 1] ?? version, version)));
const acts = versions.map((_, index) => agentActed('a', index + 1, t0 + index * 1000 + 500));
const foreign = (event: CloudEvent): CloudEvent => ({ ...event, id: `b.${event.id}`, tenant: 'team-b' });

const bench = new Bench();
let publisher: EventPublisher;
let history: ReturnType<typeof aHistory>;

beforeAll(async () => {
  if (isMissing) return;
  const { servers } = await bench.nats();
  const link = bench.link(servers);
  publisher = await bench.publisher(link);
  history = aHistory({ log: bench.reader(link) });
  await publisher.publish([wholeMission({ version: 1, at: t0 - 1000, status: {} }), ...tasks, ...acts, ...tasks.slice(0, 50), ...tasks.map(foreign)]);
  await publisher.drained(AbortSignal.timeout(20_000));
}, 120_000);
afterAll(() => bench.end());

test.skipIf(isMissing)(`a replay tells everything of its tenant in order, each event once, and folds to the last status${why}`, async () => {
  const events: CloudEvent[] = [];
  for await (const { eventsJson } of history.call()) events.push(...eventsJson.map((text) => JSON.parse(text) as CloudEvent));
  expect(events.map(({ id }) => id)).toEqual(['u-mission.1', ...tasks.flatMap((task, index) => [task.id, acts[index]?.id])]);
  const timeline = new Timeline(events);
  expect(timeline.goTo(timeline.length)).toEqual([]);
  expect(timeline.picture().tasks.get('u-a')?.status).toEqual(versions.at(-1)?.status);
});

test.skipIf(isMissing)(`what comes later is told to those who follow${why}`, async () => {
  const end = new AbortController();
  const last = versions[299] ?? { version: 300, at: t0, status: {} };
  const next = changedTask({ name: 'a' }, last, { version: 301, at: t0 + 400_000, status: { n: 300 } });
  const seen: string[] = [];
  for await (const { eventsJson, synced } of history.call({ follow: true, types: ['task'] }, { signal: end.signal })) {
    seen.push(...eventsJson.map((text) => (JSON.parse(text) as CloudEvent).id));
    if (synced) await publisher.publish([foreign(next), next]);
    if (seen.includes(next.id)) break;
  }
  end.abort();
  expect(seen).toEqual([...tasks.map(({ id }) => id), next.id]);
});

test.skipIf(isMissing)(`another tenant is refused, and reads nothing${why}`, async () => {
  expect(await saidBy(history.call({}, { namespace: 'team-b' }))).toEqual([expect.stringMatching(/^PermissionDenied /)]);
});
