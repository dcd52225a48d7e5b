import fc from 'fast-check';
import { expect, test } from 'vitest';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock, settle } from '#testing/manual-clock.ts';
import { KubeError } from './error.ts';
import { noteText } from './note-text.ts';
import { createEventRecorder, type Happening } from './recorder.ts';
import type { KubeObject } from './types.ts';

const mission: KubeObject = {
  apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission',
  metadata: { name: 'm', namespace: 'a', uid: 'u1', resourceVersion: '7', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
};
const planned: Happening = { regarding: mission, type: 'Normal', reason: 'PlanAccepted', action: 'Plan', note: 'accepted a plan of 3 tasks' };

function aRecorder(answer: (verb: string) => Promise<unknown> = async () => ({})) {
  const clock = new ManualClock();
  const writes: { verb: string; body: Record<string, unknown> }[] = [];
  const write = async <T>(verb: string, body: object) => {
    writes.push({ verb, body: body as Record<string, unknown> });
    return (await answer(verb)) as T;
  };
  const client = { create: <T>(_: unknown, object: object) => write<T>('create', object), mergePatch: <T>(_: unknown, key: object, patch: object) => write<T>('patch', { ...key, ...patch }) };
  const recorder = createEventRecorder({ client, controller: 'coditect.ai/operator', instance: 'pod-1', clock, random: { next: () => 0.5 }, log: silentLog });
  return { recorder, clock, writes };
}

test('an event has all that events.k8s.io wants', async () => {
  const { recorder, writes } = aRecorder();
  recorder.record(planned);
  await settle();
  expect(writes).toEqual([{
    verb: 'create',
    body: {
      apiVersion: 'events.k8s.io/v1', kind: 'Event',
      metadata: { name: expect.stringMatching(/^m\.[0-9a-f]+$/) as string, namespace: 'a' },
      eventTime: '2026-01-01T00:00:00.000000Z', reportingController: 'coditect.ai/operator', reportingInstance: 'pod-1',
      type: 'Normal', reason: 'PlanAccepted', action: 'Plan', note: 'accepted a plan of 3 tasks',
      regarding: { apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', name: 'm', namespace: 'a', uid: 'u1', resourceVersion: '7' },
    },
  }]);
});

test('repetitions are counted and written together', async () => {
  const { recorder, clock, writes } = aRecorder();
  for (let index = 0; index < 100; index++) recorder.record(planned);
  await clock.advance(30_000);
  expect(writes.slice(1)).toMatchObject([{ verb: 'patch', body: { namespace: 'a', series: { count: 100, lastObservedTime: '2026-01-01T00:00:00.000000Z' } } }]);
});

test('another note, reason or object is another event', async () => {
  const { recorder, writes } = aRecorder();
  recorder.record(planned);
  recorder.record({ ...planned, note: 'other' });
  recorder.record({ ...planned, reason: 'Other' });
  recorder.record({ ...planned, regarding: { ...mission, metadata: { ...mission.metadata, uid: 'u2' } } });
  await settle();
  expect(writes.map(({ verb }) => verb)).toEqual(['create', 'create', 'create', 'create']);
});

test('after ten minutes a repetition is a new event', async () => {
  const { recorder, clock, writes } = aRecorder();
  recorder.record(planned);
  await clock.advance(599_999);
  recorder.record(planned);
  await clock.advance(600_000);
  recorder.record(planned);
  await settle();
  expect(writes.map(({ verb }) => verb)).toEqual(['create', 'patch', 'create']);
});

test('a repetition of an event that is gone starts a new one', async () => {
  const { recorder, clock, writes } = aRecorder(async (verb) => {
    if (verb === 'patch') throw new KubeError('patch', 'gone', { status: 404, reason: 'NotFound' });
  });
  recorder.record(planned);
  recorder.record(planned);
  await clock.advance(30_000);
  recorder.record(planned);
  await settle();
  expect(writes.map(({ verb }) => verb)).toEqual(['create', 'patch', 'create']);
});

test('a server that refuses or hangs costs events, not work', async () => {
  const refused = aRecorder(async () => { throw new Error('no'); });
  refused.recorder.record(planned);
  await settle();
  const hanging = aRecorder(() => new Promise(() => {}));
  for (let index = 0; index < 1000; index++) hanging.recorder.record({ ...planned, note: `note ${index}` });
  await settle();
  expect([refused.recorder.dropped, hanging.recorder.dropped, hanging.writes.length]).toEqual([1, 487, 1]);
});

test('stop writes what waits, with the counts', async () => {
  const { recorder, writes } = aRecorder();
  recorder.record(planned);
  recorder.record(planned);
  await recorder.stop();
  expect(writes.map(({ verb }) => verb)).toEqual(['create', 'patch']);
});

test('a note is harmless on a terminal', () => {
  expect(noteText('a\nb\u001B[31m\u202Ec\u0000')).toBe('a\\nb\\u{1b}[31m\\u{202e}c\\u{0}');
});

test('a note is at most 1 KiB, well-formed, and without control characters', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
    const note = noteText(text);
    expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
    expect(note.isWellFormed()).toBe(true);
    expect(note).not.toMatch(/[\p{Cc}\p{Cf}\uFFFD]/u.test(text) && text.includes('\uFFFD') ? /\p{Cc}/u : /[\p{Cc}\p{Cf}]/u);
  }));
});
