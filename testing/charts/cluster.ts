// A cluster for releases of the charts: bundles as images, a namespace that enforces Pod Security restricted, kubectl and the audit log.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import manifest from '#package.json' with { type: 'json' };
import { type Cluster, settingsFrom, startCluster, stopCluster } from '#devcluster/index.ts';
import { type AuditEvent, images, root } from '../world.ts';
import { releaseNamespace } from './helm.ts';

const run = promisify(execFile);

export interface ChartCluster {
  readonly cluster: Cluster;
  /** Standard output of kubectl; `input` is for `-f -`. Rejects with its words when it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Requests of processes of the release that the API server answered with this code. */
  answers(code: number): Promise<readonly AuditEvent[]>;
  /** Every request of processes of the release. */
  requests(): Promise<readonly AuditEvent[]>;
  close(): Promise<void>;
}

/** Builds the bundles and starts the cluster; nothing of ours is installed. */
export async function startChartCluster(name: string): Promise<ChartCluster> {
  const programs = { operator: images.operator, blobs: images.blobs, agent: images.agent, console: images.console, 'llm-gateway': images.llmGateway, mirror: images.mirror };
  await run(process.execPath, [join(root, 'scripts', 'bundle.ts'), ...Object.keys(programs)], { cwd: root });
  const cluster = await startCluster({
    ...settingsFrom(process.env),
    name,
    images: Object.fromEntries(Object.entries(programs).flatMap(([program, image]) => namesOf(image).map((name) => [name, { command: ['$NODE', `$BUNDLES/${program}.js`] }]))),
    bundlesFolder: join(root, 'dist'),
    nodeCapacity: { cpu: '32', memory: '64Gi' },
    endWithStarter: true,
  });
  const kubectl: ChartCluster['kubectl'] = async (args, input = '') => {
    const started = run(cluster.kubectl, [...args], { env: { ...process.env, KUBECONFIG: cluster.kubeconfig }, maxBuffer: 16 << 20 });
    started.child.stdin?.end(input);
    return (await started).stdout;
  };
  const requests = async () => {
    const events = (await readFile(cluster.auditLog, 'utf8')).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as AuditEvent);
    return events.filter(({ user }) => user.username.startsWith(`system:serviceaccount:${releaseNamespace}:coditect-`));
  };
  return {
    cluster,
    kubectl,
    requests,
    answers: async (code) => (await requests()).filter(({ responseStatus }) => responseStatus?.code === code),
    close: () => stopCluster(cluster),
  };
}

/** As tests name it, and as the chart and the samples do. */
function namesOf(image: string): readonly string[] {
  return [image, image.replace(/:.*/, `:${manifest.version}`)];
}

/** Values for this cluster: images that its node knows, and little to ask of it. */
export const clusterValues = {
  operator: { replicas: 1, leaderElection: 'fast', image: imageValue(images.operator) },
  blobs: { image: imageValue(images.blobs) },
  console: { image: imageValue(images.console) },
  llmGateway: { image: imageValue(images.llmGateway) },
  mirror: { image: imageValue(images.mirror) },
  installCheck: { agentImage: imageValue(images.agent), timeoutSeconds: 120 },
} as const;

function imageValue(name: string): { readonly repository: string; readonly tag: string } {
  const [repository = '', tag = ''] = name.split(':');
  return { repository, tag };
}
