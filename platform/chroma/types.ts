// What Chroma is to the rest of the house. Whoever keeps or asks takes this port, so that tests may lose replies on purpose.

/** One collection. Databases are the walls between tenants: no call reaches two of them. */
export interface Place {
  readonly database: string;
  /** 3 to 512 characters. */
  readonly collection: string;
}

/** Small facts that records are found by. */
export type Facts = Readonly<Record<string, string | number | boolean>>;

export interface Kept {
  readonly id: string;
  readonly text: string;
  readonly facts: Facts;
}

export interface ChromaRecord extends Kept {
  readonly vector: readonly number[];
}

/** How far a record is from what was asked, by the cosine: 0 is the same direction, 2 the opposite one. */
export interface Near extends Kept {
  readonly distance: number;
}

/** Facts that must be equal, all of them. */
export type Wanted = Facts;

export interface Chroma {
  /** Stores records under their ids, whatever was there; makes database and collection when they are missing. */
  upsert(place: Place, records: readonly ChromaRecord[]): Promise<void>;
  /** The nearest ones, nearest first; none where there is no such place. */
  nearest(place: Place, vector: readonly number[], options: { readonly most: number; readonly wanted: Wanted }): Promise<readonly Near[]>;
  /** Records by their ids, in no order; those that exist. */
  byId(place: Place, ids: readonly string[]): Promise<readonly Kept[]>;
  /** Records with these facts, in no order. */
  find(place: Place, options: { readonly wanted?: Wanted; readonly most: number; readonly skip?: number }): Promise<readonly Kept[]>;
  /** Deletes records; those that do not exist are no fault. */
  remove(place: Place, ids: readonly string[]): Promise<void>;
  /** Names of all databases. */
  databases(): Promise<readonly string[]>;
  /** Names of the collections of a database; none where there is no such database. */
  collections(database: string): Promise<readonly string[]>;
  close(): Promise<void>;
}
