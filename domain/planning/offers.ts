// What a plan can be made of: the roles that pools of a namespace serve, and what each role can be asked for.
import { intents, type IntentDefinition } from '#api/intents.ts';
import type { Json, JsonObject } from '#api/v1alpha1/json.ts';
import type { MissionSpec } from '#api/v1alpha1/mission.ts';
import { type PoolNeed, type PoolOffer, poolCouldServe } from '#domain/capability/match.ts';
import { canonicalJson } from '#domain/digest.ts';

/** Actions that only the operator plans, as the check of a goal. */
export const operatorsActions: ReadonlySet<string> = new Set(['VerifyCommand', 'VerifyArtifact', 'JudgeWork']);

/** The action whose effect leaves the workspace. */
export const pushAction = 'PushCommit';

/** One action of a role, for the planner. */
export interface OfferedIntent {
  readonly description: string;
  /** JSON Schema of the parameters. */
  readonly params: Json;
}

/** Roles with the sets of capabilities that kinds of agents have; everything sorted, nothing of the pools themselves. */
export type Offers = ReadonlyMap<string, readonly (readonly string[])[]>;

type Asking = Pick<PoolNeed, 'namespace' | 'poolSelector' | 'gitSecret'>;

/** What every task of a mission asks of a pool, whatever its role. */
export function askingOf(namespace: string, { poolSelector, workspace }: MissionSpec): Asking {
  return { namespace, poolSelector, gitSecret: workspace?.git?.secretRef?.name };
}

/** What pools could serve to tasks that ask for this. */
export function offersOf(pools: readonly PoolOffer[], asking: Asking): Offers {
  const types = [...new Set(pools.flatMap(({ spec }) => spec.agentTypes))].toSorted();
  const serving = types.map((type) => [type, pools.filter((pool) => poolCouldServe(pool, { ...asking, type, capabilities: [] }).kind === 'match')] as const);
  return new Map(serving.filter(([, able]) => able.length > 0).map(([type, able]) => [type, distinct(able.map(({ spec }) => spec.capabilities.toSorted()))]));
}

function distinct(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(sets.map((set) => [canonicalJson(set), set])).entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, set]) => set);
}

/** Actions of roles by their names. */
export type OfferedIntents = Readonly<Record<string, Readonly<Record<string, OfferedIntent>>>>;

/** What the built-in roles among `types` can be asked for. */
export function offeredIntents(types: Iterable<string>, mayPush: boolean): OfferedIntents {
  const offered = [...types].flatMap((type) => {
    const actions = allIntents.get(type);
    return actions === undefined ? [] : [[type, Object.fromEntries(actions.filter(([action]) => mayPush || action !== pushAction))] as const];
  });
  return Object.fromEntries(offered);
}

const allIntents: ReadonlyMap<string, readonly (readonly [string, OfferedIntent])[]> = new Map(Object.entries(intents).map(([role, actions]) => [role, plannable(actions)]));

function plannable(actions: Readonly<Record<string, IntentDefinition>>): (readonly [string, OfferedIntent])[] {
  return Object.entries(actions)
    .filter(([action]) => !operatorsActions.has(action))
    .map(([action, { description, params }]) => [action, { description, params: terse(params.toJSONSchema({ io: 'input' }) as JsonObject) }]);
}

function isNoise(key: string): boolean {
  return key.startsWith('$') || key.startsWith('x-kubernetes-') || key === 'propertyNames';
}

/** A schema without what only machines read; free-form JSON, which is a reference, becomes the schema that allows all. */
function terse(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(terse);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !isNoise(key)).map(([key, part]) => [key, terse(part)]));
}
