// All pods of this node: started, updated and forgotten as the API server's list of them changes.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ApiClient } from '../api-client.ts';
import type { Ledger } from '../ledger.ts';
import { freePorts } from '../ports.ts';
import type { WatchHandler } from '../watch.ts';
import type { NodeConfig } from './config.ts';
import { type ContainerLog, openContainerLog } from './container-log.ts';
import type { PortsOfPod } from './endpoints.ts';
import { eventTeller } from './events.ts';
import type { NodeContext } from './node-context.ts';
import { PodRun } from './pod-run.ts';
import type { Pod } from './pod.ts';
import { podUsers } from './users.ts';

export interface ProcessNode extends WatchHandler<Pod> {
  findLog(namespace: string, pod: string, container: string): ContainerLog | undefined;
  ports(): readonly PortsOfPod[];
  /** Ends all containers and waits for them. Pods stay as they are on the API server: the next run of the node starts them anew. */
  stop(graceMs: number): Promise<void>;
}

export interface ProcessNodeParts {
  readonly config: NodeConfig;
  readonly client: ApiClient;
  readonly ledger: Ledger;
  readonly now: () => number;
  readonly say: (line: string) => void;
  readonly changed: () => void;
}

const keptLogs = 100;

interface Entry {
  readonly run: PodRun;
  readonly ended: Promise<void>;
  readonly gone: Promise<void>;
  readonly logs: ReadonlyMap<string, ContainerLog>;
}

/** A node without pods. */
export function createProcessNode(parts: ProcessNodeParts): ProcessNode {
  const pods = new Map<string, Entry>();
  const context = sharedContext(parts);

  function changed(pod: Pod): void {
    const { uid } = pod.metadata;
    const known = pods.get(uid);
    if (known !== undefined) return known.run.update(pod);
    const entry = begin(pod, context, parts);
    pods.set(uid, entry);
    entry.run.update(pod);
    void entry.gone.then(() => pods.delete(uid));
  }

  return {
    changed,
    deleted: ({ metadata }) => pods.get(metadata.uid)?.run.vanish(0),
    replaced: (items) => {
      const present = new Set(items.map(({ metadata }) => metadata.uid));
      for (const [uid, { run }] of pods) if (!present.has(uid)) run.vanish(0);
      items.forEach(changed);
    },
    findLog: (namespace, name, container) => [...pods.values()].find(({ run: { pod } }) => pod.metadata.namespace === namespace && pod.metadata.name === name)?.logs.get(container),
    ports: () => [...pods.values()].map(({ run }) => ({ name: run.pod.metadata.name, ports: run.runningPorts })),
    stop: async (graceMs) => {
      const all = [...pods.values()];
      for (const { run } of all) run.vanish(graceMs);
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}

/** Starts the life of a pod. Its promises never reject: what a run throws is a bug and is said. */
function begin(pod: Pod, context: Omit<NodeContext, 'logOf'>, { config, now, say }: ProcessNodeParts): Entry {
  const { namespace, name, uid } = pod.metadata;
  const { logs, logOf } = podLogs(join(config.logsFolder, `${namespace}_${name}_${uid}`), now);
  const run = new PodRun(pod, { ...context, logOf });
  say(`pod ${namespace}/${name}: seen`);
  const ended = run.run().catch((error: unknown) => say(`pod ${namespace}/${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`));
  const gone = ended.then(() => run.bury()).then(() => {
    say(`pod ${namespace}/${name}: gone`);
    pruneLogs(config.logsFolder);
  });
  return { run, ended, gone, logs };
}

function sharedContext({ config, client, ledger, now, changed }: ProcessNodeParts): Omit<NodeContext, 'logOf'> {
  const takenPorts = new Set<number>();
  return {
    config, client, ledger, now, changed,
    users: podUsers(config.users),
    tell: eventTeller(client, config.nodeName, now),
    takePorts: async (count) => {
      for (;;) {
        const ports = await freePorts(count, takenPorts);
        if (ports.some((port) => takenPorts.has(port))) continue; // another pod was faster
        for (const port of ports) takenPorts.add(port);
        return ports;
      }
    },
    givePortsBack: (ports) => {
      for (const port of ports) takenPorts.delete(port);
    },
  };
}

/** Logs of one pod by container, each made when it is first asked for. */
function podLogs(folder: string, now: () => number) {
  const logs = new Map<string, ContainerLog>();
  const logOf = (container: string) => {
    const log = openContainerLog(join(folder, container), now);
    logs.set(container, log);
    return log;
  };
  return { logs, logOf };
}

/** Keeps the newest logs of pods that are gone: who debugs a vanished agent needs them. */
function pruneLogs(folder: string): void {
  if (!existsSync(folder)) return;
  const byAge = readdirSync(folder).map((name) => ({ path: join(folder, name), time: statSync(join(folder, name)).mtimeMs })).toSorted((a, b) => b.time - a.time);
  for (const { path } of byAge.slice(keptLogs)) rmSync(path, { recursive: true, force: true });
}
