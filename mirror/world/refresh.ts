// Puts the truth in the place of what was folded, also when its versions are older: the API server may have been restored from a backup.
import type { CloudEvent } from '#api/events/envelope.ts';
import { type Change, changesOf } from './decide/change.ts';
import type { MissionWorld } from './memory.ts';

/** Above all that agents or the API server count. */
const lastOrder = '9'.repeat(48);

/** True for what only agents tell: the API server knows nothing of it. */
export function isToldByAgents(field: string): boolean {
  return field.startsWith('l:') || field.startsWith('f:');
}

/** `events` tell a mission and all its tasks whole, as they are now. */
export function refreshWorld(world: MissionWorld, events: readonly CloudEvent[]): void {
  const present = new Set<string>();
  for (const event of events) {
    const field = fieldOf(event);
    if (field === undefined) continue;
    present.add(field.slice(2));
    if (!isFolded(world, field, event)) for (const change of changesOf(event)) putWhole(world, change);
  }
  for (const [field, { body }] of world.entities) {
    if (body !== undefined && field !== 'm' && !present.has(field.slice(2))) world.put(field, { order: lastOrder, version: '' });
  }
}

/** An object is told by several events of the same version, and most have not changed since they were folded. */
function isFolded(world: MissionWorld, field: string, { data }: CloudEvent): boolean {
  const known = world.entities.get(field);
  return known?.body !== undefined && 'resourceVersion' in data && known.version === data.resourceVersion;
}

function fieldOf({ subject, data }: CloudEvent): string | undefined {
  if (!('uid' in data)) return undefined;
  return subject.startsWith('missions/') ? 'm' : `t:${data.uid}`;
}

function putWhole(world: MissionWorld, change: Change): void {
  if (change.kind === 'whole') world.put(change.field, { order: change.order, version: change.version, body: change.body });
}
