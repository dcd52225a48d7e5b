// For tests of the node with real pods: an image with Node in it, two pods that meet through a Service, and what a cluster has on this machine.
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Cluster, layoutOf } from '../index.ts';
import { runtimeFolderOf } from '../layout.ts';
import { processTable } from '../processes.ts';
import { hierarchies } from './cgroups.ts';
import { programWithLibraries, writeImage } from './index.ts';
import { groupOf } from './node.ts';
import { plotClaims } from './plot.ts';

/** Name of the image, as pods give it. */
export const probeImage = 'test/probe:1';

const probe = `
import { createServer } from 'node:http';
createServer((_, answer) => answer.end('hello from ' + process.env.POD_NAME + ' as ' + process.getuid())).listen(8080, () => console.log('listening'));
process.once('SIGTERM', () => process.exit(0));
`;

/** Writes an image that holds this very Node, its libraries and a server, and nothing else. */
export async function writeProbeImage(file: string): Promise<void> {
  const node = await programWithLibraries(process.execPath, '/usr/local/bin/node');
  await writeImage(file, { name: probeImage, layers: [...node, { kind: 'text', to: '/app/probe.mjs', text: probe }], config: { entrypoint: ['/usr/local/bin/node'], command: ['/app/probe.mjs'], user: '10001:10001' } });
}

/** A namespace that enforces Pod Security "restricted", with a pod, and another one behind a Service. */
export const restrictedPods = `
apiVersion: v1
kind: Namespace
metadata: { name: team, labels: { pod-security.kubernetes.io/enforce: restricted } }
${['asker', 'answerer'].map(podText).join('')}
---
apiVersion: v1
kind: Service
metadata: { name: answers, namespace: team }
spec: { selector: { app: answerer }, ports: [{ port: 80, targetPort: 8080 }] }
`;

function podText(name: string): string {
  return `
---
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: team, labels: { app: ${name} } }
spec:
  securityContext: { runAsNonRoot: true, seccompProfile: { type: RuntimeDefault } }
  containers:
    - name: app
      image: ${probeImage}
      imagePullPolicy: Never
      env: [{ name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }]
      resources: { requests: { cpu: 10m, memory: 32Mi, ephemeral-storage: 1Mi }, limits: { memory: 256Mi } }
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
      readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
      volumeMounts: [{ name: scratch, mountPath: /tmp }]
  volumes: [{ name: scratch, emptyDir: {} }]
`;
}

/** Runs the cluster's kubectl to its end; gives what it printed. */
export async function kubectl({ kubectl: program, kubeconfig }: Pick<Cluster, 'kubectl' | 'kubeconfig'>, ...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)(program, ['--kubeconfig', kubeconfig, ...args])).stdout;
}

/** All that a cluster in this folder has on this machine now, one line each, by kind. */
export function tracesOf(folder: string): Readonly<Record<'processes' | 'mounts' | 'links' | 'groups' | 'folders' | 'claims' | 'rules', readonly string[]>> {
  const { runtime } = layoutOf(folder, runtimeFolderOf(folder, true));
  const group = groupOf({ runtime });
  const link = linkOf(folder);
  return {
    processes: processTable().filter(({ pid }) => belongs(pid, folder, group)).map(({ pid }) => String(pid)),
    mounts: readFileSync('/proc/self/mounts', 'utf8').split('\n').filter((line) => line.includes(folder)),
    links: link !== undefined && existsSync(`/sys/class/net/${link}`) ? [link] : [],
    groups: hierarchies().map((parent) => join(parent, group)).filter((path) => existsSync(path)),
    folders: [folder, runtime].filter((path) => existsSync(path)),
    claims: link === undefined ? [] : [link],
    rules: String(spawnSync('iptables-save', { encoding: 'utf8' }).stdout ?? '').split('\n').filter((line) => line.includes('KUBE-')),
  };
}

function linkOf(folder: string): string | undefined {
  const number = existsSync(plotClaims) ? readdirSync(plotClaims).find((name) => readFileSync(join(plotClaims, name), 'utf8') === folder) : undefined;
  return number === undefined ? undefined : `coditect${number}`;
}

/** By its arguments, or by the control group of a pod. */
function belongs(pid: number, folder: string, group: string): boolean {
  const read = (name: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'utf8');
    } catch {
      return '';
    }
  };
  return read('cgroup').includes(`/${group}/`) || read('environ').includes(folder) || (read('cmdline').includes(`${folder}/`) && pid !== process.pid);
}

const kernelSettings = ['vm/overcommit_memory', 'vm/panic_on_oom', 'kernel/panic', 'kernel/panic_on_oops', 'kernel/keys/root_maxkeys', 'kernel/keys/root_maxbytes', 'net/ipv4/ip_forward'];

/** Settings of the kernel that nodes like to change. */
export function kernelNow(): Readonly<Record<string, string>> {
  return Object.fromEntries(kernelSettings.map((name) => [name, existsSync(`/proc/sys/${name}`) ? readFileSync(`/proc/sys/${name}`, 'utf8').trim() : 'none']));
}
