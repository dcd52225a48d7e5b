// A node with real pods, from the wire to the kubelet. Only this file knows in which order its parts come up.
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type ComponentName, isRunning, lastWords, startComponent } from '../components.ts';
import { type ClusterKeys, kubeletClientName } from '../control-plane.ts';
import { writeFileAtomic, writeJson } from '../files.ts';
import { installOperator } from '../install.ts';
import { type ApiAccess, kubeconfigText } from '../kubeconfig.ts';
import type { ClusterLayout } from '../layout.ts';
import { makeGroups } from './cgroups.ts';
import { containerdConfig, inside, kubeletArguments, kubeletConfig, networkConfig, nodePath, pauseImage, proxyArguments } from './config.ts';
import { writeImage } from './image/write.ts';
import { importInto } from './import.ts';
import { entranceTo, inMachine, startMachine } from './machine.ts';
import type { Plot } from './plot.ts';
import type { NodePrograms } from './programs.ts';

/** What a node is made of. */
export interface NodeParts {
  readonly layout: ClusterLayout;
  readonly plot: Plot;
  readonly programs: NodePrograms;
  readonly keys: ClusterKeys;
  /** Loopback port of the API server; pods find it under the same one. */
  readonly apiPort: number;
}

const runtimeTimeoutMs = 30_000;

/** Name of the control group of a cluster's node. */
export function groupOf({ runtime }: Pick<ClusterLayout, 'runtime'>): string {
  return `coditect-${basename(runtime)}`;
}

/** File that says which addresses a cluster has. */
export const plotFile = ({ node }: Pick<ClusterLayout, 'node'>): string => join(node, 'plot.json');

/** Starts the machine of the node and its container runtime, with the image that every pod needs. Needs no API server yet. */
export async function prepareNode(parts: NodeParts): Promise<void> {
  const { layout, plot, programs, apiPort } = parts;
  mkdirSync(layout.node, { mode: 0o700 });
  writeJson(plotFile(layout), plot);
  makeGroups(groupOf(layout));
  await startMachine(layout, plot, programs);
  writeSettings(parts);
  startComponent(layout, 'api-relay', { file: process.execPath, args: [join(import.meta.dirname, 'relay', 'main.ts'), plot.host, String(apiPort), String(apiPort)] });
  startInside(layout, 'containerd', [`--config=${inside.settings}/containerd.toml`]);
  await runtimeAnswers(layout);
  const archive = join(layout.node, 'pause.tar');
  await writeImage(archive, { name: pauseImage, layers: [{ kind: 'copy', from: programs.pause, to: '/pause' }], config: { entrypoint: ['/pause'], user: '65535:65535' } });
  await importInto(layout, archive);
  rmSync(archive);
}

/** Starts the kubelet and kube-proxy of a prepared node, once the API server answers. */
export async function startNode({ layout, plot }: NodeParts): Promise<void> {
  await installOperator(layout, { manifests: [stringify(kubeletClientRights)] });
  startInside(layout, 'kubelet', kubeletArguments(plot));
  startInside(layout, 'kube-proxy', proxyArguments(plot));
}

/** The API server asks the kubelet for logs and exec as this user, and the kubelet asks back whether it may. */
const kubeletClientRights = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'coditect-kubelet-client' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: kubeletClientName }],
};

function writeSettings({ layout, plot, keys, apiPort }: NodeParts): void {
  const folder = join(layout.node, 'settings');
  const write = (name: string, text: string) => writeFileAtomic(join(folder, name), text);
  const asSeenInside = (access: ApiAccess): ApiAccess => ({ ...access, server: `https://${plot.host}:${apiPort}` });
  mkdirSync(join(folder, 'networks'));
  write('networks/10-pods.conflist', networkConfig(plot));
  write('containerd.toml', containerdConfig());
  write('kubelet.yaml', kubeletConfig(plot, groupOf(layout)));
  write('ca.crt', keys.node.ca);
  write('kubelet.crt', keys.nodeServing.certificate);
  write('kubelet.key', keys.nodeServing.key);
  write('kubelet.kubeconfig', kubeconfigText('kubelet', asSeenInside(keys.node)));
  write('kube-proxy.kubeconfig', kubeconfigText('kube-proxy', asSeenInside(keys.proxy)));
}

/** As a component, so that it can be killed and started again alone. When the process at the entrance ends, the program inside does too. */
function startInside(layout: ClusterLayout, program: ComponentName & keyof NodePrograms, args: readonly string[]): void {
  const [file = '', ...entrance] = entranceTo(layout);
  startComponent(layout, program, { file, args: [...entrance, 'setpriv', '--pdeathsig', 'KILL', '--', program, ...args], env: { PATH: nodePath, HOME: '/root' } });
}

async function runtimeAnswers(layout: ClusterLayout): Promise<void> {
  const deadline = performance.now() + runtimeTimeoutMs;
  for (;;) {
    try {
      await inMachine(layout, ['ctr', '--connect-timeout', '1s', 'version']);
      return;
    } catch (cause) {
      if (!isRunning(layout, 'containerd') || performance.now() > deadline) throw new Error(`start containerd: it does not answer, so the cluster was removed; its last words: ${lastWords(layout, 'containerd')}`, { cause });
    }
    await sleep(50);
  }
}
