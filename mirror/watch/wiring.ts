// The caches behind the mirror: one for each kind that it tells of.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { ObjectMeta } from '#api/v1alpha1/schema.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { Seen } from '#mirror/changes/decide/sight.ts';
import type { Truth } from '#mirror/ports.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Random } from '#platform/ids.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import { createReflector, type Reflector } from '#platform/kube/reflector.ts';
import type { Indexes } from '#platform/kube/store.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { type Checkpoint, createKeeper, nothingTold, readCheckpoint } from './checkpoint.ts';
import { byUid, Follower } from './follower.ts';
import { approvalKind, type Kind, missionKind, planKind, poolKind, taskKind, toSeen } from './kinds.ts';
import type { Teller } from './teller.ts';

export interface WatchOptions {
  readonly client: Pick<WatchingClient, 'listPage' | 'watch'>;
  /** Undefined: all. */
  readonly namespace: string | undefined;
  /** Where it is kept how far was told. */
  readonly folder: string;
  readonly teller: Pick<Teller, 'tell' | 'waiting'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Watch {
  readonly truth: Truth;
  /** A task by its uid, with the version that is known now. */
  task(uid: string): Task | undefined;
  /** Milliseconds since the server last said anything about any kind. */
  lastEventAgeMs(): number;
  /** Ends the watches. What was told until then must be on disk before `keep`. */
  stop(): Promise<void>;
  /** Writes down how far was told. */
  keep(): Promise<void>;
}

const keepEveryMs = 2000;
const byMission = 'mission';

interface Followed {
  readonly plural: string;
  readonly reflector: Pick<Reflector<unknown>, 'synced' | 'start' | 'stop' | 'lastEventAgeMs'>;
  readonly follower: Pick<Follower<never>, 'progress' | 'stop'>;
}

/** Starts to follow all kinds from where the last process ended. */
export async function startWatch(options: WatchOptions): Promise<Watch> {
  const checkpoint = await readCheckpoint(options.folder, options.log);
  const tasks = follow(options, checkpoint, taskKind, { [byMission]: ({ spec }) => (spec.missionRef === undefined ? [] : [spec.missionRef.uid]) });
  const missions = follow<Mission>(options, checkpoint, missionKind);
  const pools = follow<AgentPool>(options, checkpoint, poolKind);
  // Missions first: whoever reads along meets a mission before its tasks, as far as the server tells them in this order.
  const all: readonly Followed[] = [missions, follow(options, checkpoint, planKind), follow(options, checkpoint, approvalKind), tasks, pools];
  const known = { isKnown: false };
  void Promise.all(all.map(({ reflector }) => reflector.synced)).then(() => (known.isKnown = true));
  for (const { reflector } of all) reflector.start();
  const write = createKeeper(options.folder);
  const keep = () => write(Object.fromEntries(all.map(({ plural, follower }) => [plural, follower.progress()])));
  const stopping = new AbortController();
  const keeping = keepNowAndThen(options, keep, stopping.signal);
  return {
    truth: {
      missions: () => missions.store.list(),
      tasksOf: (missionUid) => tasks.store.byIndex(byMission, missionUid),
      pools: () => pools.store.list(),
      isKnown: () => known.isKnown,
    },
    task: (uid) => tasks.store.byIndex(byUid, uid)[0],
    lastEventAgeMs: () => Math.max(...all.map(({ reflector }) => reflector.lastEventAgeMs())),
    stop: async () => {
      stopping.abort();
      await Promise.all([keeping, ...all.map(({ reflector }) => reflector.stop())]);
      for (const { follower } of all) follower.stop();
    },
    keep,
  };
}

function follow<T extends { readonly metadata: ObjectMeta }>({ client, namespace, teller, clock, random, log }: WatchOptions, checkpoint: Checkpoint, kind: Kind<T>, indexes: Indexes<Seen<T>> = {}) {
  const { type } = kind;
  const reflector: Reflector<Seen<T>> = createReflector<Seen<T>>({
    client, type, clock, random, log,
    ...(namespace === undefined ? {} : { namespace }),
    project: toSeen<T>,
    indexes: { ...indexes, [byUid]: ({ metadata }) => [metadata.uid] },
    onRewind: (seen) => follower.rewound(seen),
  });
  const follower = new Follower<T>({ kind, store: reflector.store, from: checkpoint[type.plural] ?? nothingTold, teller, clock });
  return { plural: type.plural, reflector, follower, store: reflector.store };
}

async function keepNowAndThen({ clock, log }: WatchOptions, keep: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(clock, keepEveryMs, signal);
    await keep().catch((error: unknown) => log.warn('cannot write down how far was told; a mirror that starts again tells more than it must', { error: messageOf(error) }));
  }
}
