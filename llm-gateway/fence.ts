// Who must not spend any more, and what calls may spend: read from the watched Missions, Tasks and AgentPools, never asked for during a call.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { findCondition } from '#domain/conditions.ts';
import { compareEpochs } from '#domain/task/epoch.ts';
import type { Projected } from '#platform/kube/store.ts';
import type { KubeObject, Store } from '#platform/kube/types.ts';
import type { Charge } from './access.ts';
import { rulesOf, rulesOfPreview, type SpendingRules } from './rules.ts';

export type Standing =
  | { readonly kind: 'open'; readonly rules: SpendingRules }
  | { readonly kind: 'ended'; readonly reason: string }
  /** Not seen yet, or gone: the watch may be behind whoever calls. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** What is kept of a Mission. */
export interface KnownMission extends Projected {
  readonly hasEnded: boolean;
  readonly budget: Mission['spec']['budget'];
  readonly modelPolicy: Mission['spec']['modelPolicy'];
}

/** What is kept of a Task. */
export interface KnownTask extends Projected {
  readonly outcome: string | undefined;
  readonly attempt: number;
  readonly budget: Task['spec']['budget'];
  readonly modelPolicy: Task['spec']['modelPolicy'];
  readonly epoch: NonNullable<NonNullable<Task['status']>['assignment']>['epoch'] | undefined;
}

/** What is kept of an AgentPool. */
export interface KnownPool extends Projected {
  readonly budget: AgentPool['spec']['budget'];
}

export interface FenceSources {
  readonly missions: Pick<Store<KnownMission>, 'byIndex' | 'subscribe'>;
  readonly tasks: Pick<Store<KnownTask>, 'byIndex' | 'subscribe'>;
  readonly pools: Pick<Store<KnownPool>, 'byIndex'>;
}

/** The sources, while they are followed. */
export interface Watches extends FenceSources {
  /** Resolves once all Missions, Tasks and AgentPools are known. */
  readonly synced: Promise<void>;
  /** UIDs of all missions and tasks known now. */
  living(): ReadonlySet<string>;
  close(): Promise<void>;
}

/** Index of missions and tasks by uid. */
export const byUid = 'uid';
/** Index of pools by `<namespace>/<name>`. */
export const byName = 'name';

const ended = (reason: string): Standing => ({ kind: 'ended', reason });

/** Whether this charge may still be made. */
export function standingOf(sources: FenceSources, { account, attempt }: Charge): Standing {
  if (account.purpose === 'preview') return attempt === undefined ? { kind: 'open', rules: rulesOfPreview(account) } : ended('agents preview nothing');
  const [mission] = sources.missions.byIndex(byUid, account.missionUid);
  if (mission === undefined) return { kind: 'unknown', reason: `mission ${account.mission} is not known here` };
  if (mission.hasEnded) return ended(`mission ${account.mission} has ended or is being cancelled`);
  const [task] = account.taskUid === undefined ? [] : sources.tasks.byIndex(byUid, account.taskUid);
  return (account.taskUid === undefined ? undefined : fenceOfTask(task, attempt)) ?? { kind: 'open', rules: rulesOf({ mission, task, pool: poolOf(sources, account) }) };
}

/** A pool that is not known is gone, and its limit with it: its agents are on their way out. */
function poolOf({ pools }: FenceSources, { namespace, pool, poolNamespace = namespace }: Charge['account']): KnownPool | undefined {
  return pool === undefined ? undefined : pools.byIndex(byName, `${poolNamespace}/${pool}`)[0];
}

function fenceOfTask(task: KnownTask | undefined, attempt: Charge['attempt']): Standing | undefined {
  if (task === undefined) return { kind: 'unknown', reason: 'the task is not known here' };
  if (task.outcome !== undefined) return ended(`the task has ended: ${task.outcome}`);
  if (attempt === undefined) return undefined;
  const isOlder = attempt.attempt < task.attempt || (task.epoch !== undefined && compareEpochs(attempt.epoch, task.epoch) < 0);
  return isOlder ? ended('another attempt took the place of this one') : undefined;
}

/** Calls `onEnded` as soon as this charge may not be made any more; the returned function ends the watch. */
export function watchCharge(sources: FenceSources, charge: Charge, onEnded: () => void): () => void {
  const look = () => {
    if (standingOf(sources, charge).kind === 'ended') onEnded();
  };
  const ends = [sources.missions.subscribe(look), sources.tasks.subscribe(look)];
  return () => ends.forEach((end) => end());
}

/** What the gateway keeps of a Mission. */
export function toKnownMission(raw: KubeObject): KnownMission {
  const { metadata, spec, status } = raw as Mission;
  const succeeded = findCondition(status?.conditions, 'Succeeded')?.status;
  // A verdict about an older spec says nothing: the edit may ask for another run.
  const isOutdated = (status?.observedGeneration ?? 0) < metadata.generation;
  const isDecided = succeeded === 'True' || succeeded === 'False';
  const hasEnded = metadata.deletionTimestamp !== undefined || spec.operatingMode === 'Cancel' || (isDecided && !isOutdated);
  return { metadata: keptOf(metadata), hasEnded, budget: spec.budget, modelPolicy: spec.modelPolicy };
}

/** What the gateway keeps of a Task. */
export function toKnownTask(raw: KubeObject): KnownTask {
  const { metadata, spec, status } = raw as Task;
  const outcome = metadata.deletionTimestamp === undefined ? status?.outcome?.result : 'Deleted';
  return { metadata: keptOf(metadata), outcome, attempt: status?.attempt ?? 0, epoch: status?.assignment?.epoch, budget: spec.budget, modelPolicy: spec.modelPolicy };
}

/** What the gateway keeps of an AgentPool. */
export function toKnownPool(raw: KubeObject): KnownPool {
  const { metadata, spec } = raw as AgentPool;
  return { metadata: keptOf(metadata), budget: spec.budget };
}

function keptOf({ name, namespace, uid, resourceVersion }: KubeObject['metadata']): Projected['metadata'] {
  return { name, namespace: namespace ?? '', uid, resourceVersion };
}
