// The adapters of the console, made from its settings: watches of the API server, and lines to the operator and the mirror.
import type { ConsoleConfig } from '#api/config/console.ts';
import type { OperatorAddresses } from '#api/endpoints.ts';
import type { ObjectMeta } from '#api/v1alpha1/schema.ts';
import type { Clock } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import { publishedCa } from '#platform/kube/published-ca.ts';
import { createReflector, type Reflector } from '#platform/kube/reflector.ts';
import type { Indexes } from '#platform/kube/store.ts';
import type { KubeClient } from '#platform/kube/types.ts';
import { historyInDns, historyInFile, operatorsInDns, operatorsInFile, readEndpoints } from '#platform/rpc/addresses.ts';
import { openPeopleLine, type PeopleLine } from '#platform/rpc/people-line.ts';
import { mirrorName, operatorName } from '#platform/rpc/tls.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Lines } from './ask/others.ts';
import { byMission, byNamespace, type Kept, keptMission, keptPlan, keptPool, keptTask, type World } from './caches.ts';

export interface WatchOptions {
  readonly client: Pick<WatchingClient, 'listPage' | 'watch'>;
  /** Empty: all. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Watch {
  readonly world: World;
  lastEventAgeMs(): number;
  stop(): Promise<void>;
}

/** Starts to watch what is shown. */
export function startWatch(options: WatchOptions): Watch {
  const [missions, tasks] = [follow(options, keptMission), follow(options, keptTask, { [byMission]: ({ spec }) => (spec.missionRef === undefined ? [] : [spec.missionRef.uid]) })];
  const [plans, pools] = [follow(options, keptPlan, { [byMission]: ({ spec }) => [spec.missionRef.uid] }), follow(options, keptPool)];
  const all: readonly Pick<Reflector<never>, 'synced' | 'start' | 'stop' | 'lastEventAgeMs'>[] = [missions, tasks, plans, pools];
  const known = { isKnown: false };
  void Promise.all(all.map(({ synced }) => synced)).then(() => (known.isKnown = true));
  for (const reflector of all) reflector.start();
  return {
    world: { missions: missions.store, tasks: tasks.store, plans: plans.store, pools: pools.store, isKnown: () => known.isKnown },
    lastEventAgeMs: () => Math.max(...all.map((reflector) => reflector.lastEventAgeMs())),
    stop: async () => void (await Promise.all(all.map((reflector) => reflector.stop()))),
  };
}

function follow<T extends { readonly metadata: ObjectMeta }>({ namespace, ...options }: WatchOptions, { type, cut }: Kept<T>, indexes: Indexes<T> = {}): Reflector<T> {
  return createReflector<T>({ ...options, type, ...(namespace === '' ? {} : { namespace }), project: cut, indexes: { ...indexes, [byNamespace]: ({ metadata }) => [metadata.namespace] } });
}

type Place = Pick<ConsoleConfig, 'namespace' | 'endpointsFile'>;

/** Where the operators of the installation are. */
export function operatorsOf({ namespace, endpointsFile }: Place): OperatorAddresses {
  return endpointsFile === undefined ? operatorsInDns({ namespace }) : operatorsInFile(endpointsFile);
}

/** The CA to trust until there is a certificate: of the endpoints file, else the one that everybody may read. */
export function trustIn({ namespace, endpointsFile }: Place, client: Pick<KubeClient, 'get'>): () => Promise<string> {
  return async () => {
    const beside = endpointsFile === undefined ? undefined : await readEndpoints(endpointsFile);
    return beside?.ca ?? publishedCa(client, namespace);
  };
}

export interface ManyLines extends Lines {
  close(): void;
}

/** Lines to the servers of the installation, each kept until its address or the CA changes. */
export function openLines({ namespace, endpointsFile }: Place, ca: () => string | undefined): ManyLines {
  const operators = operatorsOf({ namespace, endpointsFile });
  const mirror = endpointsFile === undefined ? historyInDns(namespace) : historyInFile(endpointsFile);
  const open = new Map<string, { readonly line: PeopleLine; readonly caBundle: string }>();
  const to = (address: string, serverName: string) => {
    const caBundle = ca();
    if (caBundle === undefined) throw new Error('there is no certificate yet: the operator has not answered');
    const known = open.get(address);
    if (known?.caBundle === caBundle) return known.line.transport;
    // Calls that run on the old line go on; it ends by itself when they have.
    const line = openPeopleLine({ address, serverName, caBundle });
    open.set(address, { line, caBundle });
    return line.transport;
  };
  return {
    operators: async () => (await operators.current()).map(({ api }) => to(api, operatorName(namespace))),
    mirror: async () => {
      const address = await mirror.current();
      return address === undefined ? undefined : to(address, mirrorName(namespace));
    },
    close: () => {
      for (const { line } of open.values()) line.close();
      open.clear();
    },
  };
}
