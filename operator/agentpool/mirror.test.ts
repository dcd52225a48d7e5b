import { expect, test } from 'vitest';
import { writeParts } from '#api/mirrored.ts';
import { formatMicroTime } from '#platform/kube/micro-time.ts';
import type { KubeObject } from '#platform/kube/types.ts';
import { storeOf } from '#testing/builders/store.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { type MirrorLease, toMirrorLease, watchMirror } from './mirror.ts';

const down = writeParts({ log: { state: 'down', since: '2026-01-01T00:00:00.000Z', fault: 'slow' } });

function aWorld() {
  const clock = new ManualClock();
  const store = storeOf<MirrorLease>();
  let version = 1;
  const says = ({ holder = 'mirror-0', parts, atMs = clock.now() }: { holder?: string | null; parts?: string; atMs?: number } = {}) => {
    const metadata = { namespace: 'sys', name: 'coditect-mirror', uid: 'u', resourceVersion: String(++version), annotations: parts === undefined ? {} : { 'coditect.ai/parts': parts } };
    const lease = toMirrorLease({ apiVersion: 'v1', kind: 'Lease', metadata, spec: { holderIdentity: holder, renewTime: formatMicroTime(atMs) } } as unknown as KubeObject);
    store.upsert(lease);
    return lease;
  };
  const changes = { count: 0 };
  const watch = () => watchMirror({ lease: store, clock }, () => (changes.count += 1));
  return { clock, store, says, changes, watch };
}

test('a renewal is heard, but no news; another state is, and so is the leave', async () => {
  const { clock, says, changes, watch } = aWorld();
  says({ parts: '{}' });
  const sight = watch();
  await clock.advance(2000);
  says({ parts: '{}' });
  expect([changes.count, sight.view()?.heardAt]).toEqual([0, clock.now()]);
  says({ parts: down });
  expect([changes.count, sight.view()?.parts]).toEqual([1, { log: { state: 'down', since: '2026-01-01T00:00:00.000Z', fault: 'slow' } }]);
  says({ parts: down, holder: null });
  expect([changes.count, sight.view()?.isHeld]).toEqual([2, false]);
});

test('a word after a long silence is news', async () => {
  const { clock, says, changes, watch } = aWorld();
  says();
  watch();
  await clock.advance(60_000);
  says();
  expect(changes.count).toBe(1);
});

test('a Lease that is old when it is first seen is old; a clock that is ahead makes none older', () => {
  const { clock, says, watch } = aWorld();
  says({ atMs: clock.now() - 90_000 });
  expect(watch().view()?.heardAt).toBe(clock.now() - 90_000);
  says({ atMs: clock.now() + 90_000 });
  expect(watch().view()?.heardAt).toBe(clock.now());
});

test('a Lease that is gone is no mirror', () => {
  const { store, says, changes, watch } = aWorld();
  const lease = says();
  const sight = watch();
  store.remove(lease);
  expect([sight.view(), changes.count]).toEqual([undefined, 1]);
});

test('what is not valid says nothing', () => {
  const { says, watch } = aWorld();
  const sight = watch();
  for (const parts of ['', '{', '[]', '{"Log":{}}', '{"log":{"state":"odd","since":"now"}}', JSON.stringify({ x: 'y'.repeat(5000) })]) {
    says({ parts });
    expect(sight.view()?.parts).toBeUndefined();
  }
});
