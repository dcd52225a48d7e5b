// The client: one line under the credentials of the moment. A replaced file is a new line; the calls of the old one end on it.
import type { Collection, Metadata, Where } from 'chromadb';
import type { Clock } from '../clock.ts';
import { addressFault, type CredentialFiles, readCredentials } from '../credential-files.ts';
import { ChromaFault, classOf, faultFrom, isChromaFault } from './error.ts';
import { type Line, openLine } from './line.ts';
import { kept, near } from './read.ts';
import type { Chroma, Facts, Place, Wanted } from './types.ts';

/** The token of a server that wants one is the password of the files. */
export interface ChromaSettings extends CredentialFiles {
  /** `https://host:8000`. Plain `http:` only with `insecure`. */
  readonly url: string;
  /** Allows plaintext; whoever is on the way reads and writes then. */
  readonly insecure: boolean;
  /** Chroma's own tenant. */
  readonly tenant: string;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** How old credentials may be before the files are read again. */
const rereadMs = 5000;
const databasesAtOnce = 1000;

/** A client that connects when it is first used. Throws for settings that would send credentials in the open. */
export function createChroma(settings: ChromaSettings, clock: Pick<Clock, 'monotonic' | 'after'>): Chroma {
  const lines = new Lines(settings, clock);
  const call = <T>(what: string, run: (line: Line) => Promise<T>) => lines.call(what, run);
  const inside = <T>(what: string, place: Place, run: (collection: Collection) => Promise<T>) => call(`${what} ${place.collection} of ${place.database}`, async (line) => run(await collectionAt(line, place)));
  return {
    upsert: (place, records) =>
      call(`write to ${place.collection} of ${place.database}`, async (line) => {
        const collection = await lines.made(line, place);
        await collection.upsert({ ids: records.map(({ id }) => id), embeddings: records.map(({ vector }) => [...vector]), documents: records.map(({ text }) => text), metadatas: records.map(({ facts }): Metadata => ({ ...facts })) });
      }).catch((error: unknown) => lines.forget(place, error)),
    nearest: (place, vector, { most, wanted }) => orNone(inside('ask', place, async (collection) => near(await collection.query({ queryEmbeddings: [[...vector]], nResults: most, ...whereOf(wanted), include: ['documents', 'metadatas', 'distances'] })))),
    byId: (place, ids) => (ids.length === 0 ? Promise.resolve([]) : orNone(inside('read', place, async (collection) => kept(await collection.get({ ids: [...ids], include: ['documents', 'metadatas'] }))))),
    find: (place, { wanted = {}, most, skip = 0 }) => orNone(inside('read', place, async (collection) => kept(await collection.get({ ...whereOf(wanted), limit: most, offset: skip, include: ['documents', 'metadatas'] })))),
    remove: (place, ids) => orNone(inside('delete from', place, async (collection) => (await collection.delete({ ids: [...ids] }), []))).then(() => undefined),
    databases: () => call('list databases', async ({ admin }) => (await admin.listDatabases({ tenant: settings.tenant, limit: databasesAtOnce })).map(({ name }) => name)),
    collections: (database) => orNone(call(`list collections of ${database}`, async (line) => (await line.database(database).listCollections({ limit: databasesAtOnce })).map(({ name }) => name))),
    close: () => lines.close(),
  };
}

class Lines {
  readonly #settings: ChromaSettings;
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly #url: URL;
  #line: Line | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  /** Collections that this process made or found, for writing. One that was lost is found by its id, never made again in silence. */
  readonly #made = new Map<string, { readonly line: Line; readonly collection: Promise<Collection> }>();

  constructor(settings: ChromaSettings, clock: Pick<Clock, 'monotonic' | 'after'>) {
    this.#settings = settings;
    this.#clock = clock;
    this.#url = urlOf(settings);
  }

  async call<T>(what: string, run: (line: Line) => Promise<T>): Promise<T> {
    const line = this.#current();
    try {
      return await run(line);
    } catch (cause) {
      if (isChromaFault(cause)) throw cause;
      // Somebody may have replaced the files just now: the next call looks at once.
      if (classOf(cause) !== 'gone' && classOf(cause) !== 'refused') this.#readAt = Number.NEGATIVE_INFINITY;
      const isSilent = cause instanceof Error && cause.name === 'ChromaConnectionError';
      throw faultFrom(what, cause, isSilent ? await line.reason() : undefined);
    }
  }

  made(line: Line, place: Place): Promise<Collection> {
    const key = keyOf(place);
    const known = this.#made.get(key);
    if (known?.line === line) return known.collection;
    const collection = makeCollection(line, place, this.#settings.tenant);
    this.#made.set(key, { line, collection });
    return collection;
  }

  forget(place: Place, error: unknown): never {
    this.#made.delete(keyOf(place));
    throw error;
  }

  async close(): Promise<void> {
    await this.#line?.close();
  }

  #current(): Line {
    const { timeoutMs } = this.#settings;
    if (this.#line !== undefined && this.#clock.monotonic() - this.#readAt < rereadMs) return this.#line;
    const credentials = readCredentials(this.#settings);
    this.#readAt = this.#clock.monotonic();
    if (this.#line?.digest === credentials.digest) return this.#line;
    const old = this.#line;
    this.#line = openLine({ url: this.#url, tenant: this.#settings.tenant, timeoutMs }, credentials);
    if (old !== undefined) this.#clock.after(timeoutMs, () => void old.close());
    return this.#line;
  }
}

const keyOf = ({ database, collection }: Place) => `${database}/${collection}`;

function urlOf({ url: text, insecure }: ChromaSettings): URL {
  const url = new URL(text);
  const fault = addressFault(url, insecure);
  if (fault !== undefined) throw new ChromaFault(`connect to Chroma at ${url.protocol}//${url.host}: ${fault}`, 'denied');
  return url;
}

function collectionAt(line: Line, { database, collection }: Place): Promise<Collection> {
  return line.database(database).getCollection({ name: collection });
}

async function makeCollection(line: Line, { database, collection }: Place, tenant: string): Promise<Collection> {
  const isThere = (await line.admin.listDatabases({ tenant, limit: databasesAtOnce })).some(({ name }) => name === database);
  // Another process may be faster: what exists is what was wanted.
  if (!isThere) await line.admin.createDatabase({ name: database, tenant }).catch((error: unknown) => (error instanceof Error && error.name === 'ChromaUniqueError' ? undefined : Promise.reject(error)));
  return line.database(database).getOrCreateCollection({ name: collection, embeddingFunction: null, configuration: { hnsw: { space: 'cosine' } } });
}

function whereOf(wanted: Wanted): { readonly where?: Where } {
  const parts = Object.entries(wanted satisfies Facts).map(([name, value]) => ({ [name]: value }) as Where);
  if (parts.length === 0) return {};
  return { where: parts.length === 1 ? (parts[0] as Where) : ({ $and: parts } as Where) };
}

/** A place that nobody has written to holds nothing. */
async function orNone<T>(answer: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await answer;
  } catch (error) {
    if (isChromaFault(error) && error.errorClass === 'gone') return [];
    throw error;
  }
}
