// A mission and its tasks from the API server: read once, or kept current by two watches that know nothing of other missions.
import { labels } from '#api/labels.ts';
import { missions, tasks, type ResourceType } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { Clock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import { createReflector, type Reflector } from '#platform/kube/reflector.ts';
import type { KubeObject, ObjectKey } from '#platform/kube/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { MissionFeed } from '../world/feed.ts';
import type { MissionView } from '../world/view.ts';

/** A mission and its tasks now; undefined when there is none of that name. */
export async function readMission(client: Pick<WatchingClient, 'get' | 'list'>, key: ObjectKey): Promise<MissionView | undefined> {
  const mission = await client.get<Mission>(missions, key);
  if (mission === undefined) return undefined;
  const { items } = await client.list<Task>(tasks, { namespace: key.namespace, labelSelector: ownTasks(mission) });
  return { mission, tasks: items };
}

/** Watches a mission; undefined when there is none of that name. */
export async function watchMission(client: WatchingClient, key: ObjectKey, clock: Clock): Promise<MissionFeed | undefined> {
  const first = await readMission(client, key);
  if (first === undefined) return undefined;
  const { uid } = first.mission.metadata;
  const reflector = <T extends Mission | Task>(type: ResourceType, selector: Selector): Reflector<T> =>
    createReflector<T>({ client: selecting(client, selector), type, namespace: key.namespace, project: (raw: KubeObject) => raw as unknown as T, indexes: {}, clock, random: systemRandom, log: quiet });
  const missionReflector = reflector<Mission>(missions, { fieldSelector: `metadata.name=${key.name}` });
  const taskReflector = reflector<Task>(tasks, { labelSelector: ownTasks(first.mission) });
  const both = [missionReflector, taskReflector];
  for (const one of both) one.start();
  await Promise.all(both.map(({ synced }) => synced));
  let refreshed: MissionView | undefined;
  return {
    view: () => {
      if (refreshed !== undefined) return refreshed;
      const mission = missionReflector.store.get(key);
      // Another mission of the same name is not the one that was asked for.
      return mission?.metadata.uid === uid ? { mission, tasks: taskReflector.store.list() } : undefined;
    },
    onChange: (listener) => {
      const ends = both.map(({ store }) => store.subscribe(listener));
      return () => ends.forEach((end) => end());
    },
    refresh: async () => {
      refreshed = await readMission(client, key);
    },
    close: async () => {
      await Promise.all(both.map((one) => one.stop()));
    },
  };
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

function ownTasks({ metadata }: Mission): string {
  return `${labels.mission}=${metadata.uid}`;
}

/** Reflectors report their recoveries to a log; the picture on the terminal is not disturbed by them. */
const quiet: Log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {}, with: () => quiet };
