// Lists over namespaces: missions and pools, to each caller those of namespaces in which he may list them.
import type { MissionChanges, MissionList, MissionRow, PoolList } from '#api/console.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { App, AppOptions } from '../parts.ts';
import { byNamespace, type World } from '../caches.ts';
import type { Caller, Gate, Wish } from '../gate.ts';
import type { Message, Source } from '../streams.ts';
import { poolCard } from '../views/pools.ts';
import { rowOf } from '../views/row.ts';
import { type Asked, namespaceIn, noName, refused, streamChanges } from './asked.ts';

const mostRows = 5000;
/** Namespaces that are asked about one by one for a caller who may not list all. */
const mostNamespaces = 500;

/** Adds them. */
export function listRoutes(app: App, options: AppOptions): void {
  const { world, gate } = options;
  app.get('/api/missions', async (c) => {
    const scope = await scopeOf(c, options, 'missions');
    if (scope instanceof Response) return scope;
    const rows = newestFirst(missionsIn(world, scope.current())).map(cachedRow);
    const answer: MissionList = { missions: rows.slice(0, mostRows), leftOut: Math.max(0, rows.length - mostRows) };
    return c.json(answer);
  });
  app.get('/api/missions/events', async (c) => {
    const scope = await scopeOf(c, options, 'missions');
    if (scope instanceof Response) return scope;
    return streamChanges(c, rowChanges(world, scope), { options, wishes: scope.wishes, renew: scope.renew });
  });
  app.get('/api/pools', async (c) => {
    const scope = await scopeOf(c, { world, gate }, 'agentpools');
    if (scope instanceof Response) return scope;
    const seen = scope.current();
    const pools = world.pools.list().filter(({ metadata }) => seen === 'all' || seen.has(metadata.namespace));
    const answer: PoolList = { pools: pools.map(poolCard).toSorted((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1)) };
    return c.json(answer);
  });
}

/** Namespaces that a caller may see now. */
interface Scope {
  current(): 'all' | ReadonlySet<string>;
  /** Rights without which the request is refused. */
  readonly wishes: readonly Wish[];
  readonly renew: () => Promise<void>;
}

async function scopeOf(c: Asked, { world, gate }: Pick<AppOptions, 'world' | 'gate'>, resource: 'missions' | 'agentpools'): Promise<Scope | Response> {
  const caller = c.get('caller');
  const namespace = namespaceIn(c);
  if (namespace === null) return refused(c, noName);
  if (namespace !== undefined) {
    const wishes: readonly Wish[] = [{ verb: 'list', resource, namespace }];
    const refusal = await gate.refuses(caller, wishes);
    if (refusal !== undefined) return refused(c, refusal);
    return { current: () => new Set([namespace]), wishes, renew: () => Promise.resolve() };
  }
  let seen = await seenBy(gate, caller, { world, resource });
  return { current: () => seen, wishes: [], renew: async () => void (seen = await seenBy(gate, caller, { world, resource })) };
}

async function seenBy(gate: Gate, caller: Caller, { world, resource }: { readonly world: World; readonly resource: 'missions' | 'agentpools' }): Promise<'all' | ReadonlySet<string>> {
  if ((await gate.allowed(caller, resource, [''])).has('')) return 'all';
  const objects: readonly { readonly metadata: { readonly namespace: string } }[] = resource === 'missions' ? world.missions.list() : world.pools.list();
  const known = [...new Set(objects.map(({ metadata }) => metadata.namespace))].toSorted();
  return gate.allowed(caller, resource, known.slice(0, mostNamespaces));
}

function missionsIn(world: World, seen: 'all' | ReadonlySet<string>): readonly Mission[] {
  return seen === 'all' ? world.missions.list() : [...seen].flatMap((namespace) => world.missions.byIndex(byNamespace, namespace));
}

function newestFirst(missions: readonly Mission[]): Mission[] {
  return missions.toSorted((a, b) => (a.metadata.creationTimestamp === b.metadata.creationTimestamp ? (a.metadata.name < b.metadata.name ? -1 : 1) : a.metadata.creationTimestamp > b.metadata.creationTimestamp ? -1 : 1));
}

/** The same mission gives the same row, so that what did not change is found by identity. */
const rows = new WeakMap<Mission, MissionRow>();

function cachedRow(mission: Mission): MissionRow {
  const known = rows.get(mission);
  if (known !== undefined) return known;
  const row = rowOf(mission);
  rows.set(mission, row);
  return row;
}

/** What differs from what was there last. It begins with `ready`: the list that is asked for then misses nothing that is told later. */
function rowChanges(world: World, scope: Scope): Source {
  let sent: ReadonlyMap<string, MissionRow> | undefined;
  return {
    onChange: (listener) => world.missions.subscribe(listener),
    next: (): Message | undefined => {
      const now = new Map(missionsIn(world, scope.current()).map((mission) => [mission.metadata.uid, cachedRow(mission)]));
      const before = sent;
      sent = now;
      if (before === undefined) return { event: 'ready', data: '' };
      const data: MissionChanges = { missions: [...now.values()].filter((row) => before.get(row.uid) !== row).slice(0, mostRows), gone: [...before.keys()].filter((uid) => !now.has(uid)) };
      return data.missions.length + data.gone.length === 0 ? undefined : { event: 'missions', data: JSON.stringify(data) };
    },
  };
}
