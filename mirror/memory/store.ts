// Memories in Chroma: texts become vectors here, and the place of a tenant is chosen here and nowhere else.
import { Episode, type Lesson, mostLessons, type RecalledLesson } from '#api/memory.ts';
import { parseTime } from '#api/time.ts';
import type { Chroma, ChromaRecord, Kept, Place } from '#platform/chroma/types.ts';
import type { Embedder } from '#platform/embedding/types.ts';
import type { Memory } from './decide/courses.ts';
import { essenceOf, lessonOf } from './decide/episode.ts';
import { collectionOf, databaseOf, isMemory, isTenants, positions, spaceOf } from './decide/places.ts';
import { surplus } from './decide/surplus.ts';

/** How far the log was read. */
export interface Position {
  /** From where it has to be read again, to know what goes on. */
  readonly from: number;
  /** What was kept: nothing of these messages is to be kept again. */
  readonly through: number;
  /** Which log; empty: not known. */
  readonly log: string;
}

/** Chroma's own advice. */
const recordsAtOnce = 200;
const readAtOnce = 1000;
const askedFor = 24;
/** Farther than this two missions have nothing in common. */
const farthest = 0.75;

/** Where memories are kept and found, by one embedder. */
export class MemoryStore {
  readonly #chroma: Chroma;
  readonly #embedder: Embedder;
  /** Vectors of the last situations: all tasks of a mission share one. */
  readonly #vectors = new Map<string, readonly number[]>();
  #space: string | undefined;

  constructor(chroma: Chroma, embedder: Embedder) {
    this.#chroma = chroma;
    this.#embedder = embedder;
  }

  /** Asks the embedder what its vectors are like now. Another length than before is another place. */
  async open(): Promise<void> {
    this.#vectors.clear();
    const [vector = []] = await this.#embedder.embed(['what are vectors like']);
    this.#space = spaceOf(this.#embedder.id, vector.length);
  }

  /** How far the log was read into this place; undefined for one that is new, was emptied, or says nothing that can be read. */
  async position(): Promise<Position | undefined> {
    const [kept] = await this.#chroma.byId(positions, [this.#here()]);
    const { from, through, log = '' } = kept?.facts ?? {};
    return typeof from === 'number' && typeof through === 'number' && typeof log === 'string' ? { from, through, log } : undefined;
  }

  /** Rejects with a fault of class `gone` when the place that was written to before is not there any more. */
  async mark({ from, through, log }: Position): Promise<void> {
    await this.#chroma.upsert(positions, [{ id: this.#here(), text: '', vector: [1], facts: { from, through, log } }]);
  }

  /** Keeps memories; once more is harmless. Of two with one id the last one counts. */
  async keep(memories: readonly Memory[]): Promise<void> {
    const vectors = await this.#vectorsOf(memories.map(({ situation }) => situation));
    const records = new Map<string, { readonly tenant: string; readonly record: ChromaRecord }>();
    for (const memory of memories) {
      const record = { ...recordOf(memory), vector: vectors.get(memory.situation) ?? [] };
      records.set(`${memory.tenant}/${record.id}`, { tenant: memory.tenant, record });
    }
    for (const [tenant, group] of Map.groupBy(records.values(), (entry) => entry.tenant)) {
      for (let at = 0; at < group.length; at += recordsAtOnce) await this.#chroma.upsert(this.#placeOf(tenant), group.slice(at, at + recordsAtOnce).map(({ record }) => record));
    }
  }

  /** Checked lessons of a tenant that are nearest to a text, each teaching something of its own. */
  async recall(tenant: string, text: string, most: number): Promise<readonly RecalledLesson[]> {
    if (this.#space === undefined) await this.open();
    const vector = (await this.#vectorsOf([text])).get(text) ?? [];
    const found = await this.#chroma.nearest(this.#placeOf(tenant), vector, { most: askedFor, wanted: { isLead: true } });
    const told = new Map<string, RecalledLesson>();
    for (const { distance, ...kept } of found) {
      const lesson = lessonIn(kept);
      if (lesson === undefined || distance > farthest) continue;
      const essence = essenceOf(lesson);
      if (!told.has(essence)) told.set(essence, { distance: Math.max(0, Math.round(distance * 10_000) / 10_000), lesson });
    }
    return [...told.values()].slice(0, Math.min(most, mostLessons));
  }

  /** All that is kept of a mission: its episodes, and what its plans were given. */
  async ofMission(tenant: string, missionUid: string): Promise<{ readonly episodes: readonly Episode[]; readonly given: readonly { readonly plan: string; readonly ids: readonly string[] }[] }> {
    const all = await this.#all(this.#placeOf(tenant), { missionUid });
    const given = all.filter(({ facts }) => facts['kind'] === 'given').toSorted((a, b) => Number(a.facts['endedAt']) - Number(b.facts['endedAt']));
    return { episodes: all.flatMap((kept) => episodeIn(kept) ?? []), given: given.map(({ text, facts }) => ({ plan: String(facts['plan']), ids: text.split(' ').filter((id) => id !== '').slice(0, mostLessons) })) };
  }

  /** UIDs of the missions of a name, the newest first. */
  async missionsCalled(tenant: string, name: string): Promise<readonly string[]> {
    const all = await this.#all(this.#placeOf(tenant), { mission: name });
    const newest = new Map<string, number>();
    for (const { facts } of all) newest.set(String(facts['missionUid']), Math.max(Number(facts['endedAt']), newest.get(String(facts['missionUid'])) ?? 0));
    return [...newest].toSorted(([, a], [, b]) => b - a).map(([uid]) => uid);
  }

  /** Lessons by their ids; those that are still kept, and are lessons. */
  async lessons(tenant: string, ids: readonly string[]): Promise<readonly Lesson[]> {
    return (await this.#chroma.byId(this.#placeOf(tenant), ids)).flatMap((kept) => lessonIn(kept) ?? []);
  }

  /** Forgets what is too old or too much, of all tenants and whoever made the vectors; gives how much that was. */
  async tidy({ most, since }: { readonly most: number; readonly since: number }): Promise<number> {
    let gone = 0;
    for (const database of (await this.#chroma.databases()).filter(isTenants)) {
      for (const collection of (await this.#chroma.collections(database)).filter(isMemory)) {
        const place = { database, collection };
        const kept = await this.#all(place, {});
        const ids = surplus(kept.map(({ id, facts }) => ({ id, endedAt: Number(facts['endedAt']) })), { most, since });
        for (let at = 0; at < ids.length; at += recordsAtOnce) await this.#chroma.remove(place, ids.slice(at, at + recordsAtOnce));
        gone += ids.length;
      }
    }
    return gone;
  }

  async close(): Promise<void> {
    await Promise.all([this.#chroma.close(), this.#embedder.close()]);
  }

  async #all(place: Place, wanted: Readonly<Record<string, string>>): Promise<readonly Kept[]> {
    const all: Kept[] = [];
    for (;;) {
      const some = await this.#chroma.find(place, { wanted, most: readAtOnce, skip: all.length });
      all.push(...some);
      if (some.length < readAtOnce) return all;
    }
  }

  #here(): string {
    if (this.#space === undefined) throw new Error('the memory is asked before it was opened');
    return this.#space;
  }

  #placeOf(tenant: string): Place {
    return { database: databaseOf(tenant), collection: collectionOf(this.#here()) };
  }

  async #vectorsOf(texts: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
    const wanted = [...new Set(texts)];
    const missing = wanted.filter((text) => !this.#vectors.has(text));
    const vectors = missing.length === 0 ? [] : await this.#embedder.embed(missing);
    const all = new Map(wanted.map((text) => [text, this.#vectors.get(text) ?? vectors[missing.indexOf(text)] ?? []] as const));
    for (const vector of all.values()) if (spaceOf(this.#embedder.id, vector.length) !== this.#here()) throw new Error(`the embedder ${this.#embedder.id} gives vectors of ${vector.length} numbers, which is not what it gave before: the memory begins anew with these`);
    for (const [text, vector] of all) this.#vectors.set(text, vector);
    for (const text of this.#vectors.keys()) if (this.#vectors.size > mostVectors) this.#vectors.delete(text);
    return all;
  }
}

const mostVectors = 500;

function recordOf(memory: Memory): Omit<ChromaRecord, 'vector'> {
  if (memory.kind === 'given') {
    const { id, ids, mission, missionUid, plan, time } = memory;
    return { id, text: ids.join(' '), facts: { kind: 'given', mission, missionUid, plan, endedAt: secondsOf(time), isLead: false } };
  }
  const { id, mission, missionUid, endTime, verdict, isLead } = memory.episode;
  return { id, text: JSON.stringify(memory.episode), facts: { kind: 'episode', mission, missionUid, verdict, isLead, endedAt: secondsOf(endTime) } };
}

function secondsOf(time: string): number {
  return Math.floor((parseTime(time) ?? 0) / 1000);
}

/** What somebody else wrote there, or a newer mirror, is left out. */
function episodeIn({ text }: Kept): Episode | undefined {
  try {
    return Episode.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function lessonIn(kept: Kept): Lesson | undefined {
  const episode = episodeIn(kept);
  return episode === undefined ? undefined : lessonOf(episode);
}
