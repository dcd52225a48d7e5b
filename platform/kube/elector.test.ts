// Elections on a manual clock and a Lease kept in memory, which can refuse, lose replies and hang.
import { expect, test } from 'vitest';
import { systemClock, type Clock } from '#platform/clock.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { startFakeApiServer } from '#testing/fake-apiserver/server.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { createKubeClient } from './client.ts';
import { createElector, type Elector, type ElectorOptions } from './elector.ts';
import { KubeError } from './error.ts';
import { electorProfiles, type Lease } from './lease.ts';
import { leases } from './resources.ts';

const key = { namespace: 'coditect-system', name: 'coditect-operator' };
type Spec = NonNullable<Lease['spec']>;
type Trouble = 'refuse' | 'lose reply' | 'hang';

/** The one Lease of the cluster. */
class FakeLeases {
  lease: Lease | undefined;
  trouble: Trouble | undefined;
  #version = 1;

  async get<T>(): Promise<T | undefined> {
    if (this.trouble === 'hang') return new Promise<T>(() => {});
    if (this.trouble === 'refuse') throw failure('ServerError');
    return this.lease as T | undefined;
  }

  create<T>(_: unknown, object: object): Promise<T> {
    if (this.lease !== undefined) return Promise.reject(failure('AlreadyExists'));
    return this.#write<T>({ ...object, metadata: { ...key, ...(object as { metadata?: object }).metadata, uid: 'lease-1' } } as unknown as Lease);
  }

  mergePatch<T>(_: unknown, __: unknown, patch: object): Promise<T> {
    const { metadata, spec } = patch as { metadata: { uid: string; resourceVersion: string; annotations?: Record<string, string> }; spec: Spec };
    if (this.lease === undefined) return Promise.reject(failure('NotFound'));
    if (metadata.resourceVersion !== this.lease.metadata.resourceVersion || metadata.uid !== this.lease.metadata.uid) return Promise.reject(failure('Conflict'));
    const annotations = { ...this.lease.metadata.annotations, ...metadata.annotations };
    return this.#write<T>({ ...this.lease, metadata: { ...this.lease.metadata, annotations }, spec: { ...this.lease.spec, ...spec } });
  }

  /** Somebody else writes. */
  touch(spec: Spec): void {
    if (this.lease !== undefined) this.lease = { ...this.lease, metadata: { ...this.lease.metadata, resourceVersion: String(++this.#version) }, spec: { ...this.lease.spec, ...spec } };
  }

  async #write<T>(lease: Lease): Promise<T> {
    const trouble = this.trouble;
    if (trouble === 'refuse') throw failure('ServerError');
    if (trouble === 'hang') return new Promise<T>(() => {});
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++this.#version) } };
    if (trouble === 'lose reply') throw failure('LostReply');
    return this.lease as T;
  }
}

function failure(reason: KubeError['reason']): KubeError {
  return new KubeError('write lease', 'trouble', { status: 0, reason });
}

interface Candidate {
  readonly elector: Elector;
  readonly story: string[];
  leads(): boolean;
}

function aCandidate(identity: string, client: FakeLeases, clock: ManualClock, more: Partial<ElectorOptions> = {}): Candidate {
  const story: string[] = [];
  const elector = createElector({
    client, key, identity, profile: electorProfiles.default, clock, random: { next: () => 0 }, log: silentLog, highestTermSeen: () => 0,
    onLead: ({ term, clean }) => story.push(`lead ${term} ${clean ? 'clean' : 'unclean'}`),
    onLost: (reason) => story.push(`lost: ${reason}`),
    ...more,
  });
  const leads = () => {
    try {
      elector.fence();
      return true;
    } catch {
      return false;
    }
  };
  elector.start();
  return { elector, story, leads };
}

function aCluster() {
  const [fake, clock] = [new FakeLeases(), new ManualClock()];
  return { held: fake, clock, candidate: (identity: string, more?: Partial<ElectorOptions>) => aCandidate(identity, fake, clock, more) };
}

test('the first one creates the Lease and leads in term 1', async () => {
  const { held, clock, candidate } = aCluster();
  const a = candidate('a');
  await clock.advance(0);
  expect([a.story, a.leads(), a.elector.observed]).toEqual([['lead 1 clean'], true, { holder: 'a', term: 1 }]);
  expect(held.lease?.spec).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 1, renewTime: expect.stringMatching(/^2026-01-01T00:00:00\.\d{6}Z$/) as string });
});

test('the first term is above every term in the objects, also when the Lease was lost', async () => {
  const { clock, candidate } = aCluster();
  const a = candidate('a', { highestTermSeen: () => 41 });
  await clock.advance(0);
  expect(a.story).toEqual(['lead 42 clean']);
});

test('what a holder notes is on the Lease from the first write on, and follows with renewals', async () => {
  const { held, clock, candidate } = aCluster();
  let parts = 'all well';
  const a = candidate('a', { annotations: () => ({ parts }) });
  const notes = () => held.lease?.metadata.annotations;
  await clock.advance(0);
  expect(notes()).toEqual({ parts: 'all well' });
  parts = 'one down';
  await clock.advance(2000);
  expect(notes()).toEqual({ parts: 'one down' });
  await a.elector.stop();
  candidate('b', { annotations: () => ({}) });
  await clock.advance(2000);
  expect(notes()).toEqual({ parts: 'one down' });
});

test('a renewed lease is never taken, whatever its times say', async () => {
  const { clock, candidate, held } = aCluster();
  const a = candidate('a');
  const b = candidate('b');
  for (let round = 0; round < 20; round++) {
    await clock.advance(2000);
    held.touch({ renewTime: '1999-01-01T00:00:00.000000Z' });
  }
  expect([a.story, b.story, b.leads(), b.elector.observed.holder]).toEqual([['lead 1 clean'], [], false, 'a']);
});

test('a dead holder is followed after its lease, unclean, in the next term', async () => {
  const { clock, candidate, held } = aCluster();
  await held.create(undefined, { spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, leaseTransitions: 7 } });
  const b = candidate('b');
  await clock.advance(14_900);
  expect(b.story).toEqual([]);
  await clock.advance(2000);
  expect(b.story).toEqual(['lead 8 unclean']);
});

test('the lease time that the holder wrote counts, not the own', async () => {
  const { clock, candidate, held } = aCluster();
  await held.create(undefined, { spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, leaseTransitions: 1 } });
  const b = candidate('b', { profile: electorProfiles.fast });
  await clock.advance(14_000);
  expect(b.story).toEqual([]);
  await clock.advance(2000);
  expect(b.story).toEqual(['lead 2 unclean']);
});

test('stop releases the lease: the next one leads within its retry pause, clean', async () => {
  const { clock, candidate, held } = aCluster();
  const a = candidate('a');
  const b = candidate('b');
  await clock.advance(10_000);
  const stopping = a.elector.stop();
  expect(a.leads()).toBe(false);
  await stopping;
  expect([held.lease?.spec?.holderIdentity, held.lease?.spec?.leaseTransitions]).toEqual([null, 1]);
  await clock.advance(2000);
  expect([a.story, b.story]).toEqual([['lead 1 clean'], ['lead 2 clean']]);
});

test('the same process that leads again has a new term', async () => {
  const { clock, candidate } = aCluster();
  const first = candidate('a');
  await clock.advance(0);
  await first.elector.stop();
  const second = candidate('a');
  await clock.advance(2000);
  expect([first.story, second.story]).toEqual([['lead 1 clean'], ['lead 2 clean']]);
});

test('who stops in the middle of taking a free lease releases it', async () => {
  const { clock, candidate } = aCluster();
  await candidate('a').elector.stop();
  const b = candidate('b');
  await clock.advance(0);
  expect(b.story).toEqual(['lead 2 clean']);
});

test('who stops in the middle of taking the lease of a dead leader does not make it look clean', async () => {
  const { clock, candidate, held } = aCluster();
  await held.create(undefined, { spec: { holderIdentity: 'dead', leaseDurationSeconds: 15, leaseTransitions: 1 } });
  const a = candidate('a');
  await clock.advance(13_000);
  const write = held.mergePatch.bind(held);
  held.mergePatch = <T>(_: unknown, __: unknown, patch: object) => {
    void a.elector.stop();
    return write<T>(_, __, patch);
  };
  await clock.advance(3000);
  const b = candidate('b');
  await clock.advance(20_000);
  expect([a.story, b.story]).toEqual([[], ['lead 3 unclean']]);
});

test.each(['refuse', 'hang'] as const)('renewals that %s: the fence closes after the renew deadline, counted from the start of the last good one', async (trouble) => {
  const { clock, candidate, held } = aCluster();
  const a = candidate('a');
  await clock.advance(4000);
  held.trouble = trouble;
  await clock.advance(9999);
  expect([a.leads(), a.story.length]).toEqual([true, 1]);
  await clock.advance(1);
  expect([a.leads(), a.story.at(-1)]).toEqual([false, 'lost: no renewal succeeded for 10000 ms']);
});

test('the fence needs no timer: a process that was frozen is fenced at once', async () => {
  const { candidate, held } = aCluster();
  let frozenMs = 0;
  const clock = new (class extends ManualClock {
    override monotonic() { return super.monotonic() + frozenMs; }
  })();
  const a = aCandidate('a', held, clock);
  await clock.advance(0);
  frozenMs = 10_000;
  expect(() => a.elector.fence()).toThrow(expect.objectContaining({ reason: 'NotLeader', status: 0 }) as Error);
  expect(candidate('b').leads()).toBe(false);
});

test('a renewal whose reply came late counts from its start', async () => {
  const { clock, held } = aCluster();
  const a = aCandidate('a', held, clock);
  await clock.advance(0);
  const release = Promise.withResolvers<void>();
  const renew = held.mergePatch.bind(held);
  held.mergePatch = async <T>(_: unknown, __: unknown, patch: object) => {
    await release.promise;
    return renew<T>(_, __, patch);
  };
  await clock.advance(8000);
  release.resolve();
  await clock.advance(0);
  await clock.advance(3999);
  held.trouble = 'refuse';
  expect(a.leads()).toBe(true);
  await clock.advance(1);
  // The slow renewal began at 2 s, the next one at 10 s.
  await clock.advance(9_000);
  expect(a.leads()).toBe(false);
});

test('a lease that somebody took is lost at the next renewal', async () => {
  const { clock, candidate, held } = aCluster();
  const a = candidate('a');
  await clock.advance(0);
  held.touch({ holderIdentity: 'thief' });
  await clock.advance(2000);
  expect([a.leads(), a.story.at(-1)]).toEqual([false, 'lost: the Lease is held by thief']);
});

test('a lease that somebody deleted is lost', async () => {
  const { clock, candidate, held } = aCluster();
  const a = candidate('a');
  await clock.advance(0);
  held.lease = undefined;
  await clock.advance(2000);
  expect(a.story.at(-1)).toBe('lost: the Lease was deleted');
});

test('a lost reply to a renewal is no loss of the lease', async () => {
  const { clock, candidate, held } = aCluster();
  const a = candidate('a');
  await clock.advance(1000);
  held.trouble = 'lose reply';
  await clock.advance(2000);
  held.trouble = undefined;
  await clock.advance(30_000);
  expect([a.leads(), a.story]).toEqual([true, ['lead 1 clean']]);
});

test('a lost reply to the acquisition: leads one try later, in a term of its own', async () => {
  const { clock, candidate, held } = aCluster();
  held.trouble = 'lose reply';
  const a = candidate('a');
  await clock.advance(0);
  expect(a.leads()).toBe(false);
  held.trouble = undefined;
  await clock.advance(2000);
  expect([a.leads(), a.story]).toEqual([true, ['lead 2 unclean']]);
});

test('an edit of the Lease by somebody who does not take it is survived', async () => {
  const { clock, candidate, held } = aCluster();
  const a = candidate('a');
  await clock.advance(0);
  held.touch({});
  await clock.advance(30_000);
  expect([a.leads(), a.story]).toEqual([true, ['lead 1 clean']]);
});

test('a raised term is written, never lowered, and the next leader is above it', async () => {
  const { clock, candidate, held } = aCluster();
  const a = candidate('a');
  await clock.advance(0);
  await a.elector.raiseTerm(50);
  await a.elector.raiseTerm(3);
  expect(held.lease?.spec?.leaseTransitions).toBe(50);
  await a.elector.stop();
  const b = candidate('b');
  await clock.advance(0);
  expect(b.story).toEqual(['lead 51 clean']);
});

test('a term beyond all numbers leaves room for one more', async () => {
  const { clock, candidate, held } = aCluster();
  const a = candidate('a');
  await clock.advance(0);
  await a.elector.raiseTerm(9_999_999_999);
  await a.elector.stop();
  const b = candidate('b');
  await clock.advance(0);
  expect([held.lease?.spec?.leaseTransitions, b.leads()]).toEqual([2_147_483_647, true]);
});

test('of two that try at the same instant one leads', async () => {
  const { clock, candidate, held } = aCluster();
  await held.create(undefined, { spec: { leaseTransitions: 3 } });
  const both = [candidate('a'), candidate('b')];
  await clock.advance(60_000);
  expect(both.flatMap(({ story }) => story)).toEqual(['lead 4 clean']);
});

test('a start that fails is a loss, not a leader that does nothing', async () => {
  const { clock, candidate } = aCluster();
  const a = candidate('a', { onLead: () => { throw new Error('no port'); } });
  await clock.advance(0);
  expect([a.story, a.leads()]).toEqual([['lost: it could not start to lead: no port'], false]);
});

test('on an API server: two candidates, one after the other', async () => {
  const server = await startFakeApiServer({ types: [leases] });
  const clients = ['a', 'b'].map((userAgent) => createKubeClient(server.config, { userAgent, deadlineMs: 2000 }));
  const hurried: Clock = { ...systemClock, after: (ms, task) => systemClock.after(ms / 50, task) };
  const story: string[] = [];
  const [a, b] = clients.map((client, index) => createElector({
    client, key, identity: `pod-${index}`, profile: electorProfiles.default, clock: hurried, random: { next: () => 0 }, log: silentLog, highestTermSeen: () => 0,
    onLead: ({ term, clean }) => story.push(`${index} leads ${term} ${clean}`), onLost: (reason) => story.push(reason),
  }));
  a?.start();
  await expect.poll(() => story).toEqual(['0 leads 1 true']);
  b?.start();
  await expect.poll(() => server.writes().length).toBeGreaterThan(2);
  await a?.stop();
  await expect.poll(() => story).toEqual(['0 leads 1 true', '1 leads 2 true']);
  await b?.stop();
  expect(server.objects('leases')[0]?.spec).not.toHaveProperty('holderIdentity');
  await Promise.all(clients.map((client) => client.close()));
  await server.stop();
});
