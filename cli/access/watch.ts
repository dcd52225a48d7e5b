// A mission, its tasks and plans from the API server: read once, or kept current by watches that know nothing of other missions.
import { missions, plans, tasks, type ResourceType } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { withPlan } from '#domain/plan/question.ts';
import type { Clock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import { createReflector, type Reflector } from '#platform/kube/reflector.ts';
import type { KubeObject, ObjectKey } from '#platform/kube/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { MissionFeed } from '../world/feed.ts';
import { planInUse } from '#domain/mission/planned.ts';
import type { MissionView } from '#domain/mission/view.ts';
import { ownObjects } from './own.ts';

interface Objects {
  readonly mission: Mission;
  readonly tasks: readonly Task[];
  readonly plans: readonly Plan[];
}

/** A mission and its tasks now; undefined when there is none of that name. */
export async function readMission(client: Pick<WatchingClient, 'get' | 'list'>, key: ObjectKey): Promise<MissionView | undefined> {
  const mission = await client.get<Mission>(missions, key);
  if (mission === undefined) return undefined;
  const own = { namespace: key.namespace, labelSelector: ownObjects(mission) };
  const [ofTasks, ofPlans] = await Promise.all([client.list<Task>(tasks, own), isPlanned(mission) ? client.list<Plan>(plans, own) : { items: [] }]);
  return viewOf({ mission, tasks: ofTasks.items, plans: ofPlans.items });
}

/** Watches a mission; undefined when there is none of that name. */
export async function watchMission(client: WatchingClient, key: ObjectKey, clock: Clock): Promise<MissionFeed | undefined> {
  const first = await readMission(client, key);
  if (first === undefined) return undefined;
  const { uid } = first.mission.metadata;
  const reflector = <T extends Mission | Task | Plan>(type: ResourceType, selector: Selector): Reflector<T> =>
    createReflector<T>({ client: selecting(client, selector), type, namespace: key.namespace, project: (raw: KubeObject) => raw as unknown as T, indexes: {}, clock, random: systemRandom, log: quiet });
  const own = { labelSelector: ownObjects(first.mission) };
  const missionReflector = reflector<Mission>(missions, { fieldSelector: `metadata.name=${key.name}` });
  const taskReflector = reflector<Task>(tasks, own);
  const planReflector = isPlanned(first.mission) ? reflector<Plan>(plans, own) : undefined;
  const all = [missionReflector, taskReflector, ...(planReflector === undefined ? [] : [planReflector])];
  for (const one of all) one.start();
  await Promise.all(all.map(({ synced }) => synced));
  let refreshed: MissionView | undefined;
  return {
    view: () => {
      if (refreshed !== undefined) return refreshed;
      const mission = missionReflector.store.get(key);
      // Another mission of the same name is not the one that was asked for.
      return mission?.metadata.uid === uid ? viewOf({ mission, tasks: taskReflector.store.list(), plans: planReflector?.store.list() ?? [] }) : undefined;
    },
    onChange: (listener) => {
      const ends = all.map(({ store }) => store.subscribe(listener));
      return () => ends.forEach((end) => end());
    },
    refresh: async () => {
      refreshed = await readMission(client, key);
    },
    close: async () => {
      await Promise.all(all.map((one) => one.stop()));
    },
  };
}

function viewOf({ mission, tasks: own, plans: made }: Objects): MissionView {
  return { mission: withPlan(mission, planInUse(mission, made)), tasks: own };
}

/** Plans of other missions, and the right to read plans, are nobody's concern. */
function isPlanned({ spec }: Mission): boolean {
  return spec.planner !== undefined;
}

interface Selector {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

function selecting(client: WatchingClient, selector: Selector): Pick<WatchingClient, 'listPage' | 'watch'> {
  return {
    listPage: (type, options) => client.listPage(type, { ...options, ...selector }),
    watch: (type, options) => client.watch(type, { ...options, ...selector }),
  };
}

/** Reflectors report their recoveries to a log; the picture on the terminal is not disturbed by them. */
const quiet: Log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {}, with: () => quiet };
