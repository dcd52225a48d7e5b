// Names of keys in Redis. What is in braces decides the server of a cluster: all keys of a mission are on one. Names of tenants hold no slash, so a tenant's prefix is nobody else's.
import { LabelName } from '#api/v1alpha1/schema.ts';
import type { MissionKey } from './decide/snapshot.ts';

/** False for what no mission can be called: it comes from people, and is not to become part of a key. */
export function isMissionKey({ tenant, uid }: MissionKey): boolean {
  return LabelName.safeParse(tenant).success && /^[A-Za-z0-9-]{1,64}$/.test(uid);
}

/** The world of a mission: a hash of its entities. */
export function worldKey({ tenant, uid }: MissionKey): string {
  return `${prefixOf(tenant)}${uid}}:world`;
}

/** What agents do now: a hash that expires when nobody tells anything any more. */
export function liveKey({ tenant, uid }: MissionKey): string {
  return `${prefixOf(tenant)}${uid}}:live`;
}

/** A lock of a mission. */
export function lockKey({ tenant, uid }: MissionKey, name: string): string {
  return `${prefixOf(tenant)}${uid}}:lock:${name}`;
}

/** The highest token that was ever granted for a lock; it outlives the lock. */
export function fenceKey({ tenant, uid }: MissionKey, name: string): string {
  return `${prefixOf(tenant)}${uid}}:fence:${name}`;
}

/** Start of all keys of a tenant. */
export function prefixOf(tenant: string): string {
  return `coditect:{${LabelName.parse(tenant)}/`;
}

/** Says that what agents told in the past has been folded into this Redis; it goes with everything else. */
export const filledKey = 'coditect:{filled}';

/** All keys of all worlds. */
export const allKeys = 'coditect:{*';

/** The mission of a key; undefined for a key that is not ours. */
export function missionOf(key: string): MissionKey | undefined {
  const [, tenant, uid] = /^coditect:\{([^/}]+)\/([^}]+)\}:(?:world|live|lock:.+|fence:.+)$/s.exec(key) ?? [];
  return tenant === undefined || uid === undefined ? undefined : { tenant, uid };
}
