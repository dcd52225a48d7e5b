// A Chroma in memory that can be away, emptied and slow: for tests of what is kept in it.
import { ChromaFault } from '#platform/chroma/error.ts';
import type { Chroma, ChromaRecord, Kept, Near, Place } from '#platform/chroma/types.ts';

type Collection = Map<string, ChromaRecord>;

export class FakeChroma implements Chroma {
  /** By `<database>/<collection>`. */
  readonly places = new Map<string, Collection>();
  /** Places that this client wrote to: like the real one it does not make them again in silence. */
  readonly #made = new Set<string>();
  /** What every call is answered with; undefined while it works. */
  fault: ChromaFault | undefined;
  /** Resolves late calls. */
  hold: Promise<void> = Promise.resolve();
  /** Called before each write; may throw. */
  beforeWrite: (place: Place) => void = () => {};
  upserts = 0;

  /** As if its folder had been removed. */
  flush(): void {
    this.places.clear();
  }

  /** All records of a database, by their ids. */
  of(database: string): ReadonlyMap<string, ChromaRecord> {
    return new Map([...this.places].filter(([key]) => key.startsWith(`${database}/`)).flatMap(([, records]) => [...records]));
  }

  async upsert(place: Place, records: readonly ChromaRecord[]): Promise<void> {
    await this.#works();
    this.beforeWrite(place);
    const key = keyOf(place);
    if (!this.places.has(key) && this.#made.delete(key)) throw new ChromaFault('it is not there', 'gone');
    this.#made.add(key);
    const collection = this.places.get(key) ?? new Map();
    this.places.set(key, collection);
    for (const record of records) collection.set(record.id, record);
    this.upserts += 1;
  }

  async nearest(place: Place, vector: readonly number[], { most, wanted }: { readonly most: number; readonly wanted: ChromaRecord['facts'] }): Promise<readonly Near[]> {
    await this.#works();
    const all = this.#in(place).filter((record) => fits(record, wanted)).map((record) => ({ ...record, distance: distanceOf(vector, record.vector) }));
    return all.toSorted((a, b) => a.distance - b.distance).slice(0, most);
  }

  async byId(place: Place, ids: readonly string[]): Promise<readonly Kept[]> {
    await this.#works();
    return this.#in(place).filter(({ id }) => ids.includes(id));
  }

  async find(place: Place, { wanted = {}, most, skip = 0 }: { readonly wanted?: ChromaRecord['facts']; readonly most: number; readonly skip?: number }): Promise<readonly Kept[]> {
    await this.#works();
    return this.#in(place).filter((record) => fits(record, wanted)).slice(skip, skip + most);
  }

  async remove(place: Place, ids: readonly string[]): Promise<void> {
    await this.#works();
    for (const id of ids) this.places.get(keyOf(place))?.delete(id);
  }

  async databases(): Promise<readonly string[]> {
    await this.#works();
    return [...new Set([...this.places.keys()].map((key) => key.split('/')[0] ?? ''))];
  }

  async collections(database: string): Promise<readonly string[]> {
    await this.#works();
    return [...this.places.keys()].filter((key) => key.startsWith(`${database}/`)).map((key) => key.slice(database.length + 1));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #in(place: Place): readonly ChromaRecord[] {
    return [...(this.places.get(keyOf(place))?.values() ?? [])];
  }

  async #works(): Promise<void> {
    await this.hold;
    if (this.fault !== undefined) throw this.fault;
  }
}

const keyOf = ({ database, collection }: Place) => `${database}/${collection}`;

function fits({ facts }: ChromaRecord, wanted: ChromaRecord['facts']): boolean {
  return Object.entries(wanted).every(([name, value]) => facts[name] === value);
}

function distanceOf(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, part, at) => sum + part * (y[at] ?? 0), 0);
  return 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
