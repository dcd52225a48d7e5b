// Where memories lie: a database for each tenant, a collection for each kind of vectors. No name of one tenant is ever a name of another.
import { LabelName } from '#api/v1alpha1/schema.ts';

const prefix = 'coditect-';

/** The database of a tenant. Throws for what is no name of a namespace. */
export function databaseOf(tenant: string): string {
  return `${prefix}${LabelName.parse(tenant)}`;
}

/** True for the database of a tenant. */
export function isTenants(database: string): boolean {
  return database.startsWith(prefix) && LabelName.safeParse(database.slice(prefix.length)).success;
}

/** Who made the vectors, and how long they are: others are never compared with them. */
export function spaceOf(embedder: string, dimension: number): string {
  return `${embedder}-${dimension}`;
}

/** The collection of memories in a space. */
export function collectionOf(space: string): string {
  return `episodes-${space}`;
}

/** True for such a collection, of whatever space. */
export function isMemory(collection: string): boolean {
  return collection.startsWith('episodes-');
}

/** Where is written how far the log was read. The name of the database is no name of a tenant's. */
export const positions = { database: 'coditect_positions', collection: 'positions' } as const;
