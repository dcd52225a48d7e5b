// All pods of this node: started, updated and forgotten as the API server's list of them changes.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ApiClient } from '../api-client.ts';
import type { Ledger } from '../ledger.ts';
import { freePorts } from '../ports.ts';
import type { WatchHandler } from '../watch.ts';
import type { NodeConfig } from './config.ts';
import { type ContainerLog, openContainerLog } from './container-log.ts';
import type { PortsOfPod } from './endpoints.ts';
import { eventTeller } from './events.ts';
import { type NodeContext, PodRun } from './pod-run.ts';
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
  readonly logs: Map<string, ContainerLog>;
}

/** A node without pods. */
export function createProcessNode({ config, client, ledger, now, say, changed }: ProcessNodeParts): ProcessNode {
  const pods = new Map<string, Entry>();
  const takenPorts = new Set<number>();
  const logFolder = ({ metadata }: Pod) => join(config.logsFolder, `${metadata.namespace}_${metadata.name}_${metadata.uid}`);

  const shared: Omit<NodeContext, 'logOf'> = {
    config, client, ledger, now, changed,
    users: podUsers(config.users),
    tell: eventTeller(client, config.nodeName, now),
    takePorts: async (count) => {
      const ports = await freePorts(count, takenPorts);
      for (const port of ports) takenPorts.add(port);
      return ports;
    },
    givePortsBack: (ports) => {
      for (const port of ports) takenPorts.delete(port);
    },
  };

  function begin(pod: Pod): void {
    const { namespace, name, uid } = pod.metadata;
    const logs = new Map<string, ContainerLog>();
    const logOf = (_: Pod, container: string) => {
      const log = openContainerLog(join(logFolder(pod), container), now);
      logs.set(container, log);
      return log;
    };
    const run = new PodRun(pod, { ...shared, logOf });
    say(`pod ${namespace}/${name}: started`);
    const ended = run.run().catch((error: unknown) => say(`pod ${namespace}/${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`));
    pods.set(uid, { run, ended, logs });
    run.update(pod);
    void ended.then(() => run.bury()).then(() => {
      pods.delete(uid);
      say(`pod ${namespace}/${name}: gone`);
      pruneLogs(config.logsFolder);
    });
  }

  function changedPod(pod: Pod): void {
    const entry = pods.get(pod.metadata.uid);
    if (entry === undefined) begin(pod);
    else entry.run.update(pod);
  }

  return {
    changed: changedPod,
    deleted: ({ metadata }) => pods.get(metadata.uid)?.run.vanish(0),
    replaced: (items) => {
      const present = new Set(items.map(({ metadata }) => metadata.uid));
      for (const [uid, { run }] of pods) if (!present.has(uid)) run.vanish(0);
      items.forEach(changedPod);
    },
    findLog: (namespace, pod, container) => [...pods.values()].find(({ run }) => run.pod.metadata.namespace === namespace && run.pod.metadata.name === pod)?.logs.get(container),
    ports: () => [...pods.values()].map(({ run }) => ({ name: run.pod.metadata.name, ports: run.runningPorts })),
    stop: async (graceMs) => {
      const all = [...pods.values()];
      for (const { run } of all) run.vanish(graceMs);
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
}

/** Keeps the newest logs of pods that are gone: who debugs a vanished agent needs them. */
function pruneLogs(folder: string): void {
  if (!existsSync(folder)) return;
  const byAge = readdirSync(folder).map((name) => ({ path: join(folder, name), time: statSync(join(folder, name)).mtimeMs })).toSorted((a, b) => b.time - a.time);
  for (const { path } of byAge.slice(keptLogs)) rmSync(path, { recursive: true, force: true });
}
