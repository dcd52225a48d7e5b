// Metadata as the API server fills it in.
import type { ObjectMeta } from '#api/v1alpha1/schema.ts';

/** What a builder knows of an object before it is built. */
export type Meta = Pick<ObjectMeta, 'name' | 'namespace'> & Partial<ObjectMeta>;

/** Whole metadata; the UID is `uid-<name>` unless told. */
export function metaOf(meta: Meta): ObjectMeta {
  return { uid: `uid-${meta.name}`, resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', ...meta };
}
