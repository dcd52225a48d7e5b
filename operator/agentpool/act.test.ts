import { describe, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { actOnPool, type CreateAnswer, type PoolActDeps } from './act.ts';
import { createPace, createPoolBook } from './book.ts';
import { buildPod } from './decide/pod.ts';
import type { PoolAgent, PoolIntent } from './decide/view.ts';
import { anAgent, aPool, aView, settings } from './testing.ts';

/** Ports that write down what they are asked, as lines. */
function recording({ agents = [], answer = { kind: 'created', uid: 'new', resourceVersion: '7' }, perSecond = 10 }: { agents?: PoolAgent[]; answer?: CreateAnswer; perSecond?: number } = {}) {
  const lines: string[] = [];
  const clock = new ManualClock();
  const book = createPoolBook();
  const deps: PoolActDeps = {
    cluster: {
      createPod: async ({ metadata }) => {
        lines.push(`create ${metadata.name}`);
        return answer;
      },
      deletePod: async ({ namespace, name }, uid) => void lines.push(`delete ${namespace}/${name} ${uid}`),
      patchStatus: async () => undefined,
    },
    fleet: { demand: () => ({ queued: 0, agents }), drain: (uid, reason) => void lines.push(`drain ${uid}: ${reason}`) },
    gate: {
      expect: (owner, plural, { name }, { uid, resourceVersion }) => void lines.push(`expect ${owner} ${plural} ${name} ${uid} ${resourceVersion}`),
      expectGone: (owner, plural, { name }, uid) => void lines.push(`expectGone ${owner} ${plural} ${name} ${uid}`),
    },
    events: { record: ({ type, reason, note }) => void lines.push(`event ${type} ${reason}: ${note}`) },
    again: ({ namespace, name }) => void lines.push(`again ${namespace}/${name}`),
    pace: createPace(perSecond, clock),
    book,
    clock,
  };
  return { lines, book, act: (intent: PoolIntent & { note?: string }, view = aView()) => actOnPool(deps, intent, view) };
}

const creation: PoolIntent = { kind: 'createPod', pod: buildPod(aPool(), 'pool-x', settings), why: 'wanted' };
const deletion = (scaling = true): PoolIntent => ({ kind: 'deletePod', pod: 'a', podUid: 'uid-a', scaling, why: 'idle' });
const departed = ['delete team-a/a uid-a', 'expectGone AgentPool/team-a/pool pods a uid-a'];

describe('creating', () => {
  test('the pool is not looked at again before the cache shows the pod', async () => {
    const { lines, act } = recording();
    await act(creation);
    expect(lines).toEqual(['create pool-x', 'expect AgentPool/team-a/pool pods pool-x new 7', 'event Normal ScaledUp: wanted']);
  });

  test('a refusal ends the creations of this turn', async () => {
    const { lines, book, act } = recording({ answer: { kind: 'quota', message: 'exceeded quota' } });
    const view = aView();
    await act(creation, view);
    await act(creation, view);
    expect(lines).toEqual(['create pool-x', 'event Warning QuotaExceeded: exceeded quota', 'again team-a/pool', 'again team-a/pool']);
    expect(book.read('pool-uid').refusal).toMatchObject({ kind: 'quota', count: 1, generation: 1 });
  });

  test('without a token nothing is created: another pool was faster', async () => {
    const { lines, act } = recording({ perSecond: 1 });
    await act(creation);
    lines.length = 0;
    await act(creation);
    expect(lines).toEqual(['again team-a/pool']);
  });
});

describe('deleting', () => {
  test('a drained idle agent is deleted, and an Event says so', async () => {
    const { lines, act } = recording({ agents: [anAgent('a', { draining: true })] });
    await act(deletion());
    expect(lines).toEqual([...departed, 'event Normal ScaledDown: idle']);
  });

  test('an agent that was given a task in the meantime is left alone', async () => {
    const { lines, act } = recording({ agents: [anAgent('a', { draining: true, used: 1 })] });
    await act(deletion());
    expect(lines).toEqual(['again team-a/pool']);
  });

  test('a pod whose agent has connected in the meantime is looked at anew', async () => {
    const { lines, act } = recording({ agents: [anAgent('a')] });
    await act(deletion());
    expect(lines).toEqual(['again team-a/pool']);
  });

  test('a pod that is over is deleted whatever the fleet still believes, and slows down its replacement', async () => {
    const { lines, book, act } = recording({ agents: [anAgent('a', { used: 1 })] });
    await act(deletion(false));
    expect(lines).toEqual(departed);
    expect(book.read('pool-uid').memory.failures.count).toBe(1);
  });
});

test('draining tells the agent why', async () => {
  const { lines, act } = recording();
  await act({ kind: 'drainAgent', pod: 'a', podUid: 'uid-a', note: 'drains agent a: not needed' });
  expect(lines).toEqual(['drain uid-a: drains agent a: not needed']);
});

test('an image error is announced in the words of the kubelet', async () => {
  const { lines, act } = recording();
  await act({ kind: 'announce', reason: 'ImageError', note: 'pod a: ErrImagePull: not found' });
  expect(lines).toEqual(['event Warning ImageError: pod a: ErrImagePull: not found']);
});
