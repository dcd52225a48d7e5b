// Reading the world by somebody who is not the mirror: may he, and who asked. A refusal says no more than that there is nothing to see.
import type { World, WorldAgent, WorldTask } from '#api/world.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { MissionKey } from './decide/snapshot.ts';
import type { Fresh, WorldReader } from './world.ts';

/** Who asks, through which part of the house. */
export interface Asker {
  /** As the API server knows him, for example `system:serviceaccount:team-a:agent`. */
  readonly name: string;
  /** The process that asks for him: `fleet`, `history`, `console`. */
  readonly component: string;
}

/** What is asked for. Without a uid it is about all missions of the namespace. */
export interface Asked {
  readonly tenant: string;
  readonly uid?: string;
  readonly what: 'snapshot' | 'task' | 'agents';
}

/** One line for each read that crossed from one part of the house to another. */
export interface ReadRecord extends Asked {
  readonly asker: Asker;
  readonly isGranted: boolean;
}

export interface ReadOptions {
  readonly world: WorldReader;
  /** Whether somebody may get missions of a namespace; rejections count as no. */
  readonly permits: (asker: Asker, asked: Asked) => Promise<boolean>;
  readonly audit: (record: ReadRecord) => void;
}

/** `refused` also for what does not exist, so that a name cannot be guessed. */
export type Read<T> = { readonly kind: 'read'; readonly value: T; readonly stalenessMs: number } | { readonly kind: 'refused' };

export interface Reads {
  snapshot(asker: Asker, key: MissionKey): Promise<Read<World>>;
  /** Many at once: those that he may see, in the order of the keys. */
  snapshots(asker: Asker, keys: readonly MissionKey[]): Promise<readonly Read<World>[]>;
  task(asker: Asker, key: MissionKey, taskUid: string): Promise<Read<WorldTask>>;
  agents(asker: Asker, tenant: string): Promise<Read<readonly WorldAgent[]>>;
}

/** Reads with a check before and a record after. */
export function createReads({ world, permits, audit }: ReadOptions): Reads {
  const may = async (asker: Asker, asked: Asked): Promise<boolean> => {
    const isGranted = await permits(asker, asked).catch(() => false);
    audit({ ...asked, asker, isGranted });
    return isGranted;
  };
  const answer = <T>(found: Fresh<T> | undefined): Read<T> => (found === undefined ? { kind: 'refused' } : { kind: 'read', ...found });
  return {
    snapshot: async (asker, key) => ((await may(asker, { ...key, what: 'snapshot' })) ? answer(await world.snapshot(key)) : { kind: 'refused' }),
    snapshots: async (asker, keys) => {
      const granted = await Promise.all(keys.map((key) => may(asker, { ...key, what: 'snapshot' })));
      const found = await world.snapshots(keys.filter((_, index) => granted[index]));
      let next = 0;
      return granted.map((isGranted) => (isGranted ? answer(found[next++]) : { kind: 'refused' }));
    },
    task: async (asker, key, taskUid) => ((await may(asker, { ...key, what: 'task' })) ? answer(await world.task(key, taskUid)) : { kind: 'refused' }),
    agents: async (asker, tenant) => ((await may(asker, { tenant, what: 'agents' })) ? answer(await world.agentsOf(tenant)) : { kind: 'refused' }),
  };
}

/** Audit records as log lines with stable keys. */
export function auditTo(log: Log): ReadOptions['audit'] {
  return ({ asker, tenant, uid, what, isGranted }) => log.info('the world was read', { audit: 'world.read', asker: asker.name, via: asker.component, tenant, mission: uid, what, granted: isGranted });
}
