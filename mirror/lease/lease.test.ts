import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readParts } from '#api/mirrored.ts';
import { systemClock } from '#platform/clock.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { leases } from '#platform/kube/resources.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { type FakeApiServer, startFakeApiServer } from '#testing/fake-apiserver/server.ts';
import { faultOf, type PartNow, reportsOf } from './decide/report.ts';
import { holdLease, type LeaseOptions, type MirrorLease } from './wiring.ts';

const profile = { leaseMs: 1000, renewDeadlineMs: 700, retryMs: 20 };

let server: FakeApiServer;
let closers: (() => Promise<unknown>)[];
beforeEach(async () => {
  server = await startFakeApiServer({ types: [leases] });
  closers = [() => server.stop()];
});
afterEach(async () => {
  for (const close of closers.toReversed()) await close();
});

function aMirror(identity: string, options: Partial<LeaseOptions> = {}): { lease: MirrorLease; lost: string[]; said: string[] } {
  const client = createKubeClient(server.config, { userAgent: identity });
  const [lost, said]: [string[], string[]] = [[], []];
  const log = { ...silentLog, info: (text: string) => void said.push(text) };
  const lease = holdLease({ client, namespace: 'sys', identity, profile, parts: () => [], clock: systemClock, random: { next: () => 0.5 }, log, onLost: (reason) => void lost.push(reason), ...options });
  closers.push(() => client.close(), () => lease.stop());
  return { lease, lost, said };
}

const told = () => readParts((server.objects(leases.plural)[0] as { metadata: { annotations?: Record<string, string> } } | undefined)?.metadata.annotations?.['coditect.ai/parts']);

test('a second mirror waits, says for whom, and begins when the first has ended', async () => {
  const first = aMirror('mirror-0');
  expect(await first.lease.held).toBe(true);
  expect(first.lease.waiting()).toBeUndefined();
  const second = aMirror('mirror-1');
  await expect.poll(() => second.lease.waiting()).toBe('another mirror tells for this installation: mirror-0 holds the Lease coditect-mirror; this one waits until it ends');
  await expect.poll(() => second.said).toEqual([second.lease.waiting()]);
  expect(second.lease.isHeld()).toBe(false);
  await first.lease.stop();
  expect(await second.lease.held).toBe(true);
  expect(first.lost).toEqual([]);
});

test('of two that begin at the same moment one tells', async () => {
  const both = [aMirror('mirror-0'), aMirror('mirror-1')];
  await Promise.race(both.map(({ lease }) => lease.held));
  await expect.poll(() => both.map(({ lease }) => lease.waiting() === undefined).filter(Boolean)).toEqual([true]);
});

test('one that was stopped before its turn never begins', async () => {
  await aMirror('mirror-0').lease.held;
  const second = aMirror('mirror-1');
  await second.lease.stop();
  expect(await second.lease.held).toBe(false);
});

test('a lease that somebody else holds is lost, and said once', async () => {
  const first = aMirror('mirror-0');
  await first.lease.held;
  const [lease] = server.objects(leases.plural) as unknown as { spec: object }[];
  server.put({ ...lease, spec: { ...lease?.spec, holderIdentity: 'mirror-9' } } as never);
  await expect.poll(() => first.lost).toEqual(['the Lease is held by mirror-9']);
  expect(first.lease.isHeld()).toBe(false);
});

test('states of parts are on the Lease with the next renewal; those of the mirror before stay until there are new ones', async () => {
  let parts: readonly PartNow[] | undefined = [{ name: 'log', state: 'well' }];
  const first = aMirror('mirror-0', { parts: () => parts });
  await first.lease.held;
  expect(told()).toMatchObject({ log: { state: 'well' } });
  parts = [{ name: 'log', state: 'down', fault: 'connect ECONNREFUSED 10.0.0.7:4222 as robot:hunter2' }, { name: 'redis', state: 'off' }];
  await expect.poll(told).toMatchObject({ log: { state: 'down', fault: 'unreachable' }, redis: { state: 'off' } });
  expect(JSON.stringify(server.objects(leases.plural))).not.toMatch(/hunter2|10\.0\.0\.7/);
  await first.lease.stop();
  parts = undefined;
  await aMirror('mirror-1', { parts: () => parts }).lease.held;
  expect(told()).toMatchObject({ log: { state: 'down' } });
});

describe('reports', () => {
  test('a part keeps its time while it stays as it is, whatever its fault says', () => {
    const at = Date.parse('2026-01-01T00:00:00Z');
    const first = reportsOf({}, [{ name: 'log', state: 'down', fault: 'timeout' }], at);
    const second = reportsOf(first, [{ name: 'log', state: 'down', fault: 'ECONNREFUSED' }], at + 5000);
    const third = reportsOf(second, [{ name: 'log', state: 'well' }], at + 9000);
    expect([second, third]).toEqual([{ log: { state: 'down', since: '2026-01-01T00:00:00.000Z', fault: 'unreachable' } }, { log: { state: 'well', since: '2026-01-01T00:00:09.000Z' } }]);
  });

  const faults: Record<string, string> = {
    'no connection to the event log at nats:4222: connection refused': 'unreachable',
    'not connected yet': 'unreachable',
    'getaddrinfo ENOTFOUND nats': 'unreachable',
    'no connection to the event log at nats:4222: unable to verify the first certificate': 'untrusted',
    'the event log refuses: Permissions Violation for Publish to "x"': 'denied',
    'WRONGPASS invalid username-password pair': 'denied',
    'OOM command not allowed when used memory > \'maxmemory\'': 'full',
    'the disk takes no events: ENOSPC: no space left on device': 'full',
    'the event log is not as declared: stream CODITECT_EVENTS: maximum bytes exceeded': 'full',
    'Timeout error.': 'slow',
    'Code: 60. Unknown table': 'failing',
    '': 'failing',
  };
  test.each(Object.entries(faults))('"%s" is of the kind %s', (text, want) => expect(faultOf(text)).toBe(want));
});
