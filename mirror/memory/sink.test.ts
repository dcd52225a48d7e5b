// From the log to the memory and back again: nothing lost, nothing twice, nothing of another tenant, whatever happens to Chroma meanwhile.
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { CloudEvent } from '#api/events/envelope.ts';
import type { ChromaServer } from '#devcluster/services/chroma/index.ts';
import { chromaIsAbsent, startTestChroma } from '#devcluster/services/chroma/testing.ts';
import { createChroma } from '#platform/chroma/client.ts';
import { ChromaFault } from '#platform/chroma/error.ts';
import type { Chroma } from '#platform/chroma/types.ts';
import { systemClock } from '#platform/clock.ts';
import { hashingEmbedder } from '#platform/embedding/hashing.ts';
import type { Embedder } from '#platform/embedding/types.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { aLog, type FakeLog } from '../sinks/clickhouse/testing.ts';
import { FakeChroma } from './fake-chroma.ts';
import { startMemorySink } from './sink.ts';
import { MemoryStore } from './store.ts';
import { mended, t0, ToldMission } from './testing.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function aSink({ chroma = new FakeChroma(), log = aLog(), embedder = hashingEmbedder, most = 5000 }: { readonly chroma?: Chroma; readonly log?: FakeLog; readonly embedder?: Embedder; readonly most?: number } = {}) {
  const store = new MemoryStore(chroma, embedder);
  const counted = { episodes: 0, lessons: 0, refused: 0, forgotten: 0 };
  const clock = { ...systemClock, now: () => t0 + 86_400_000, after: (ms: number, run: () => void) => systemClock.after(Math.min(ms, 50), run) };
  const onKept = (kept: { episodes: number; lessons: number; refused: number }) => {
    counted.episodes += kept.episodes;
    counted.lessons += kept.lessons;
    counted.refused += kept.refused;
  };
  const part = startMemorySink({ store, reader: log.reader, limits: { most, days: 30 }, clock, log: silentLog, onKept, onForgotten: (count) => (counted.forgotten += count) });
  closers.push(() => part.close());
  return { store, part, log, counted };
}

const put = (log: FakeLog, ...missions: readonly ToldMission[]) => missions.forEach(({ events }) => log.add(events));
const until = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000, interval: 20 });
const goalsOf = async (store: MemoryStore, tenant: string, text: string) => (await store.recall(tenant, text, 3)).map(({ lesson }) => `${lesson.verdict} ${lesson.goal}`);

describe('a memory', () => {
  test('tells a second mission what became of the plans of the first', async () => {
    const { store, log, counted, part } = aSink();
    put(log, mended({ name: 'first', goal: 'Mend the parser.' }));
    await until(() => expect(counted.lessons).toBe(2));
    await until(async () => expect((await store.recall('team-a', 'Mend the parser.\nworks', 3)).map(({ lesson: { verdict, plan } }) => [verdict, plan])).toEqual(expect.arrayContaining([['Failed', ['mend: Coder/FormatCode']], ['Worked', ['mend: Coder/WriteCode', 'tests: Coder/RunTests']]])));
    expect(part.state()).toMatchObject({ kind: 'well' });
    expect(await store.recall('team-a', 'Bake a cake with cherries', 3)).toEqual([]);
    expect((await store.ofMission('team-a', 'uid-team-a-first')).episodes.map(({ task, verdict }) => `${task} ${verdict}`).toSorted()).toEqual(['mend Failed', 'mend Worked', 'tests Worked']);
  });

  test('never recalls what no goal has checked', async () => {
    const { store, log, counted } = aSink();
    put(log, new ToldMission({ name: 'open', goal: 'Mend the parser.' }).plan({ mend: 'WriteCode' }).task('mend'));
    await until(() => expect(counted.episodes).toBe(1));
    expect(await store.recall('team-a', 'Mend the parser.\nworks', 3)).toEqual([]);
    expect((await store.ofMission('team-a', 'uid-team-a-open')).episodes).toHaveLength(1);
  });

  test('tells lessons that teach the same once', async () => {
    const { store, log, counted } = aSink();
    for (let index = 0; index < 10; index += 1) put(log, mended({ name: `m${index}`, goal: 'Mend the parser.' }));
    await until(() => expect(counted.lessons).toBe(20));
    await until(async () => expect(await store.recall('team-a', 'Mend the parser.\nworks', 3)).toHaveLength(2));
  });

  test('goes on where it stopped, with the missions that had begun by then', async () => {
    const [chroma, log] = [new FakeChroma(), aLog()];
    const mission = mended({ name: 'first', goal: 'Mend the parser.' });
    const first = aSink({ chroma, log });
    log.add(mission.events.slice(0, 5));
    await until(() => expect(first.counted.episodes).toBe(1));
    await until(async () => expect((await first.store.position())?.through).toBe(1));
    await first.part.close();
    const second = aSink({ chroma, log });
    log.add(mission.events.slice(5));
    await until(() => expect(second.counted.lessons).toBe(2));
    // One task was kept by the first, and is not kept again before its mission ends.
    expect(second.counted.episodes).toBe(5);
    await until(async () => expect(await goalsOf(second.store, 'team-a', 'Mend the parser.\nworks')).toHaveLength(2));
  });

  test('is kept from the beginning when the log was made anew', async () => {
    const [chroma, log] = [new FakeChroma(), aLog()];
    const first = aSink({ chroma, log });
    put(log, ...['a', 'b', 'c'].map((name) => mended({ name })));
    await until(async () => expect((await first.store.position())?.through).toBe(3));
    await first.part.close();
    log.replace();
    put(log, mended({ name: 'new', goal: 'Bake a cake.' }));
    const second = aSink({ chroma, log });
    await until(async () => expect(await goalsOf(second.store, 'team-a', 'Bake a cake.\nworks')).toHaveLength(2));
  });

  test('counts what of the log it cannot read', async () => {
    const { log, counted } = aSink();
    log.add([], 'garbled');
    await until(() => expect(counted.refused).toBe(1));
  });

  test('forgets the oldest of what is too much', async () => {
    const [chroma, log] = [new FakeChroma(), aLog()];
    const first = aSink({ chroma, log });
    put(log, ...Array.from({ length: 50 }, (_, index) => mended({ name: `m${index}` })));
    await until(async () => expect((await first.store.position())?.through).toBe(50));
    await first.part.close();
    const { counted } = aSink({ chroma, log, most: 100 });
    await until(() => expect(counted.forgotten).toBe(60));
    expect(chroma.of('coditect-team-a').size).toBe(90);
  });
});

describe('while Chroma', () => {
  const away = new ChromaFault('it does not answer', 'retry');

  test('is away the part is down and says why, and nothing is lost', async () => {
    const chroma = new FakeChroma();
    chroma.fault = away;
    const { part, log, store } = aSink({ chroma });
    put(log, mended({ name: 'first', goal: 'Mend the parser.' }));
    await until(() => expect(part.state()).toMatchObject({ kind: 'down', fault: 'it does not answer' }));
    chroma.fault = undefined;
    await until(async () => expect(await goalsOf(store, 'team-a', 'Mend the parser.\nworks')).toHaveLength(2));
    await until(() => expect(part.state()).toMatchObject({ kind: 'well' }));
  });

  test('is away and nothing happens, the part is down too', async () => {
    const chroma = new FakeChroma();
    const { part } = aSink({ chroma });
    await until(() => expect([part.state().kind, chroma.upserts]).toEqual(['well', 1]));
    chroma.fault = away;
    await until(() => expect(part.state().kind).toBe('down'));
  });

  test('loses every other reply, what is kept is kept once', async () => {
    const chroma = new FakeChroma();
    let writes = 0;
    const upsert = chroma.upsert.bind(chroma);
    chroma.upsert = async (place, records) => {
      await upsert(place, records);
      writes += 1;
      if (writes % 2 === 0) throw away;
    };
    const { log, store } = aSink({ chroma });
    put(log, ...Array.from({ length: 5 }, (_, index) => mended({ name: `m${index}` })));
    await until(async () => expect((await store.position())?.through).toBe(5));
    expect(chroma.of('coditect-team-a').size).toBe(15);
  });

  test('is emptied it is filled again, also when nothing happens any more', async () => {
    const chroma = new FakeChroma();
    const { log, counted, store } = aSink({ chroma });
    put(log, mended({ name: 'first' }), mended({ name: 'second', tenant: 'team-b' }));
    await until(() => expect(counted.lessons).toBe(4));
    const before = new Map([...chroma.of('coditect-team-a'), ...chroma.of('coditect-team-b')]);
    chroma.flush();
    await until(async () => expect((await store.position())?.through).toBe(2));
    expect(new Map([...chroma.of('coditect-team-a'), ...chroma.of('coditect-team-b')])).toEqual(before);
  });

  test('holds vectors of another embedder these are left alone, and a place of its own is filled', async () => {
    const [chroma, log] = [new FakeChroma(), aLog()];
    const first = aSink({ chroma, log });
    put(log, mended({ name: 'first' }));
    await until(async () => expect((await first.store.position())?.through).toBe(1));
    await first.part.close();
    const other: Embedder = { ...hashingEmbedder, embed: async (texts) => (await hashingEmbedder.embed(texts)).map((vector) => vector.slice(0, 100)) };
    const second = aSink({ chroma, log, embedder: other });
    await until(async () => expect((await second.store.position())?.through).toBe(1));
    expect(await chroma.collections('coditect-team-a')).toEqual(['episodes-hashing-1-256', 'episodes-hashing-1-100']);
  });

  test('works and the embedder does not, the part is down; vectors of a new length begin a new place', async () => {
    let length = 10;
    const moody: Embedder = { ...hashingEmbedder, embed: async (texts) => (length === 0 ? Promise.reject(new Error('no model')) : (await hashingEmbedder.embed(texts)).map((vector) => vector.slice(0, length))) };
    const chroma = new FakeChroma();
    const { log, part, store } = aSink({ chroma, embedder: moody });
    await until(() => expect(part.state().kind).toBe('well'));
    length = 0;
    put(log, mended({ name: 'first', goal: 'One.' }));
    await until(() => expect(part.state()).toMatchObject({ kind: 'down', fault: 'no model' }));
    length = 20;
    await until(async () => expect((await store.position())?.through).toBe(1));
    expect(await chroma.collections('coditect-team-a')).toEqual(['episodes-hashing-1-20']);
  });
});

describe.skipIf(chromaIsAbsent !== undefined)(`on a real Chroma${chromaIsAbsent === undefined ? '' : ` (SKIPPED: ${chromaIsAbsent})`}`, () => {
  const connect = (server: ChromaServer): Chroma => createChroma({ url: server.url, insecure: false, tenant: 'default_tenant', timeoutMs: 5000, caFile: server.files?.ca, certificateFile: server.files?.certificate, keyFile: server.files?.key }, systemClock);
  async function aServer(): Promise<ChromaServer> {
    const server = await startTestChroma({ tls: 'mutual' });
    closers.push(() => server.stop());
    return server;
  }

  const things = ['parser', 'scheduler', 'login page', 'invoice export', 'search index', 'image cache', 'mail queue', 'payment gateway', 'session store', 'audit trail'];
  const verbs = ['repair', 'document', 'translate', 'accelerate', 'replace', 'measure', 'secure', 'simplify', 'migrate', 'test'];
  const goalAt = (index: number) => `Please ${verbs[index % 10]} the ${things[Math.floor(index / 10) % 10]} of product ${Array.from(String(index).padStart(4, '0')).map((digit, at) => `${places[at]}${digit}`).join(' ')}.`;
  const places = ['series', 'model', 'edition', 'part'];
  const one = (index: number, tenant: string) => new ToldMission({ name: `m${index}`, tenant, goal: goalAt(index) }).plan({ mend: 'WriteCode' }).task('mend').end({ name: 'works', state: 'Met' });

  test('of 2,000 episodes the nearest one is the right one, and none is another tenant\'s', async () => {
    const server = await aServer();
    const { log, store, counted } = aSink({ chroma: connect(server) });
    const perTenant = 1000;
    for (const tenant of ['team-a', 'team-b']) for (let from = 0; from < perTenant; from += 100) log.add(Array.from({ length: 100 }, (_, index) => one(from + index + (tenant === 'team-b' ? perTenant : 0), tenant)).flatMap(({ events }) => events));
    await until(() => expect(counted.lessons).toBe(2000));
    await until(async () => expect((await store.position())?.through).toBe(20));
    const probes = Array.from({ length: 100 }, (_, index) => index * 10 + (index % 10));
    for (const index of probes) {
      const [nearest] = await store.recall('team-a', `${goalAt(index)}\nworks`, 3);
      expect(nearest?.lesson.goal).toBe(goalAt(index));
      // What team-b has learned is nobody else's, and the other way round.
      const across = [...(await store.recall('team-a', `${goalAt(index + perTenant)}\nworks`, 3)).map(({ lesson }) => lesson.id.startsWith('uid-team-a-')), ...(await store.recall('team-b', `${goalAt(index)}\nworks`, 3)).map(({ lesson }) => lesson.id.startsWith('uid-team-b-'))];
      expect(across.every(Boolean)).toBe(true);
    }
    const foreign = await store.lessons('team-a', probes.map((index) => `uid-team-b-m${index + perTenant}-mend`));
    expect([foreign, (await store.ofMission('team-a', 'uid-team-b-m1000')).episodes, await store.missionsCalled('team-a', 'm1000'), await store.recall('nobody', goalAt(1), 3)]).toEqual([[], [], [], []]);
  }, 120_000);

  test('killed while it writes, and emptied later: nothing is lost, nothing is there twice', async () => {
    const server = await aServer();
    const chroma = connect(server);
    let kill: Promise<void> | undefined;
    const upsert = chroma.upsert.bind(chroma);
    const deadly: Chroma = {
      ...chroma,
      upsert: async (place, records) => {
        const writing = upsert(place, records);
        // In the middle of the third batch of records.
        if (records.length > 1 && (writes += 1) === 3) kill = server.kill().then(() => server.start());
        await writing;
      },
    };
    let writes = 0;
    const { log, store, part } = aSink({ chroma: deadly });
    for (let from = 0; from < 400; from += 40) log.add(Array.from({ length: 40 }, (_, index) => mended({ name: `m${from + index}`, goal: goalAt(from + index) })).flatMap(({ events }) => events) as CloudEvent[]);
    await until(() => expect(kill).toBeDefined());
    await kill;
    await until(async () => expect((await store.position())?.through).toBe(10));
    const place = { database: 'coditect-team-a', collection: 'episodes-hashing-1-256' };
    expect(await chroma.find(place, { most: 2000 })).toHaveLength(1200);
    await server.flush();
    await until(async () => expect((await store.position())?.through).toBe(10));
    const all = (await chroma.find(place, { most: 2000 })).map(({ id }) => id);
    expect(new Set(all).size).toBe(1200);
    await until(() => expect(part.state().kind).toBe('well'));
  }, 120_000);
});
