// The processes of a cluster: started, paused, ended and started again one by one, by whoever knows the cluster's folder.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from './files.ts';
import type { ClusterLayout } from './layout.ts';
import { isAlive, type Launch, launch, type ProcessIdentity, signalProcess, terminate } from './processes.ts';

/** Every process that a cluster may consist of, in the order in which they are ended. */
export const componentNames = ['git-door', 'process-node', 'node-machine', 'containerd', 'kubelet', 'kube-proxy', 'api-relay', 'stores', 'kube-scheduler', 'kube-controller-manager', 'kube-apiserver', 'etcd'] as const;
export type ComponentName = (typeof componentNames)[number];

interface ComponentRecord {
  readonly process: ProcessIdentity;
  readonly launch: Launch;
}

type Where = Pick<ClusterLayout, 'run' | 'logs' | 'folder'>;

// The process node ends its pods first; the machine of a kubelet is switched off, and all that runs in it is gone at once. The API server would wait up to a minute for open watches; it keeps no state, so it is cut short.
const graceMs: Record<ComponentName, number> = { 'git-door': 2000, 'process-node': 8000, 'node-machine': 0, containerd: 2000, kubelet: 2000, 'kube-proxy': 2000, 'api-relay': 1000, stores: 8000, 'kube-scheduler': 3000, 'kube-controller-manager': 3000, 'kube-apiserver': 2000, etcd: 5000 };

const recordFile = ({ run }: Pick<Where, 'run'>, name: ComponentName) => join(run, `${name}.json`);

/** Starts a component and records how, so that it can be started again in the same way. */
export function startComponent(where: Where, name: ComponentName, { file, args, env }: { readonly file: string; readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> }): void {
  const how: Launch = { file, args, folder: where.folder, log: join(where.logs, `${name}.log`), env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: where.folder, ...env } };
  writeJson(recordFile(where, name), { launch: how, process: launch(how) } satisfies ComponentRecord);
}

/** Starts an ended component again: same arguments, ports and data. Does nothing while it runs. */
export function restartComponent(where: Where, name: ComponentName): void {
  const record = readJson<ComponentRecord>(recordFile(where, name));
  if (record === undefined) throw new Error(`start ${name}: this cluster never had one; start the cluster first`);
  if (!isAlive(record.process)) writeJson(recordFile(where, name), { launch: record.launch, process: launch(record.launch) } satisfies ComponentRecord);
}

/** Ends one component and waits for its end: SIGTERM, then SIGKILL after its grace. */
export async function stopComponent(where: Pick<Where, 'run'>, name: ComponentName): Promise<void> {
  const record = readJson<ComponentRecord>(recordFile(where, name));
  if (record !== undefined) await terminate(record.process, graceMs[name]);
}

/** Sends a signal to one component, for fault tests: SIGSTOP, SIGCONT, SIGKILL. False when it does not run. */
export function signalComponent(where: Pick<Where, 'run'>, name: ComponentName, signal: NodeJS.Signals): boolean {
  const record = readJson<ComponentRecord>(recordFile(where, name));
  return record !== undefined && signalProcess(record.process, signal);
}

/** The process of a component when it was last started, or undefined when it never was. */
export function componentProcess(where: Pick<Where, 'run'>, name: ComponentName): ProcessIdentity | undefined {
  return readJson<ComponentRecord>(recordFile(where, name))?.process;
}

/** True while the component runs; a paused one runs. */
export function isRunning(where: Pick<Where, 'run'>, name: ComponentName): boolean {
  const record = readJson<ComponentRecord>(recordFile(where, name));
  return record !== undefined && isAlive(record.process);
}

/** The end of a component's log, for messages about its death. */
export function lastWords({ logs }: Pick<Where, 'logs'>, name: ComponentName): string {
  try {
    return readFileSync(join(logs, `${name}.log`), 'utf8').trimEnd().split('\n').slice(-3).join(' | ').slice(-1500);
  } catch {
    return '(no log)';
  }
}

/** Ends everything, those that depend on others first. */
export async function stopComponents(where: Pick<Where, 'run'>): Promise<void> {
  for (const name of ['git-door', 'process-node'] as const) await stopComponent(where, name);
  await Promise.all((['containerd', 'kubelet', 'kube-proxy', 'api-relay', 'stores', 'kube-scheduler', 'kube-controller-manager', 'kube-apiserver'] as const).map((name) => stopComponent(where, name)));
  await stopComponent(where, 'etcd');
  for (const file of filesOf(where.run)) rmSync(join(where.run, file), { force: true });
}

function filesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
