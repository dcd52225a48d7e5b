// Real pods on this machine: what people expect of a node, and that nothing is left of it. Skipped, with the reason, where it cannot run.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cluster, installOperator, needsBuild, openGitDoor, settingsFrom, startCluster, stopCluster } from '../index.ts';
import { restartComponent, signalComponent } from '../components.ts';
import { layoutOf } from '../layout.ts';
import { importImages, needsNodeBuild, whyNoKubelet } from './index.ts';
import { kernelNow, kubectl, probeImage, restrictedPods, tracesOf, writeProbeImage } from './testing.ts';

const settings = settingsFrom(process.env);
const notBuilt = needsBuild(settings) || needsNodeBuild(settings);
// A build takes minutes: who wants it says so.
const reason = whyNoKubelet(settings) ?? (notBuilt && settings.node !== 'kubelet' ? 'Kubernetes or the node is not built yet; run these tests once with NODE=kubelet, which takes up to 15 minutes' : undefined);
if (reason !== undefined) process.stderr.write(`real pods are not tested here: ${reason}\n`);

describe.skipIf(reason !== undefined)(`a node with real pods${reason === undefined ? '' : ` (skipped: ${reason})`}`, { timeout: 120_000 }, () => {
  const name = `pods-${process.pid}`;
  const folder = join(settings.cacheFolder, 'clusters', name);
  const scratch = mkdtempSync(join(tmpdir(), 'coditect-pods-'));
  const probeFile = join(scratch, 'probe.tar');
  let before: ReturnType<typeof kernelNow>;
  let cluster: Cluster;

  beforeAll(async () => {
    before = kernelNow();
    cluster = await startCluster({ ...settings, node: 'kubelet', name, folder, unsafeNoFsync: true, endWithStarter: true });
    await writeProbeImage(probeFile);
    await importImages(cluster, probeFile);
    await installOperator(cluster, { manifests: [restrictedPods] });
    await kubectl(cluster, 'wait', '--for=condition=Ready', 'pod', '--all', '-n', 'team', '--timeout=50s');
  }, 1_200_000);

  afterAll(async () => {
    await stopCluster({ folder });
    rmSync(scratch, { recursive: true, force: true });
  }, 60_000);

  const run = (pod: string, script: string) => kubectl(cluster, 'exec', pod, '-n', 'team', '--', '/usr/local/bin/node', '--input-type=module', '-e', script);

  test('pods under Pod Security "restricted" run as who they say, and a pod in the network of the host is refused there', async () => {
    expect(await run('asker', 'console.log(process.getuid(), process.platform)')).toBe('10001 linux\n');
    const refused = kubectl(cluster, 'run', 'bare', '-n', 'team', '--image', probeImage, '--overrides', JSON.stringify({ spec: { hostNetwork: true } }));
    await expect(refused).rejects.toThrow(/violates PodSecurity "restricted.*host namespaces/);
  });

  test('a pod reaches another one through a Service', async () => {
    const address = (await kubectl(cluster, 'get', 'service', 'answers', '-n', 'team', '-o', 'jsonpath={.spec.clusterIP}')).trim();
    expect(await run('asker', `console.log(await (await fetch('http://${address}/')).text())`)).toBe('hello from answerer as 10001\n');
  });

  test('a pod reaches the API server by the ClusterIP of "kubernetes", over TLS that it can check, as its service account', async () => {
    const ask = `import { readFileSync } from 'node:fs'; import { request } from 'node:https';
      const file = (name) => readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/' + name, 'utf8');
      const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });
      const headers = { authorization: 'Bearer ' + file('token'), 'content-type': 'application/json' };
      request({ host: process.env.KUBERNETES_SERVICE_HOST, port: 443, method: 'POST', path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', ca: file('ca.crt'), headers }, async (answer) => {
        console.log(JSON.parse(Buffer.concat(await answer.toArray())).status.userInfo.username);
      }).end(body);`;
    expect(await run('asker', ask)).toBe('system:serviceaccount:team:default\n');
  });

  test('a pod reaches a server of this machine under the address that the cluster names: the git door', async () => {
    const repository = join(scratch, 'repository');
    mkdirSync(repository);
    for (const args of [['init', '-q'], ['-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '-q', '--allow-empty', '-m', 'first']]) execFileSync('git', args, { cwd: repository });
    const url = await openGitDoor(cluster, repository);
    expect(new URL(url).hostname).toBe(cluster.hostAddress);
    expect(await run('asker', `console.log(await (await fetch('${url}/info/refs?service=git-upload-pack')).text())`)).toContain('refs/heads/');
  });

  test('this machine reaches pods and Services, as the API server does for webhooks', async () => {
    const address = await kubectl(cluster, 'get', 'pod', 'answerer', '-n', 'team', '-o', 'jsonpath={.status.podIP}');
    const service = await kubectl(cluster, 'get', 'service', 'answers', '-n', 'team', '-o', 'jsonpath={.spec.clusterIP}');
    for (const url of [`http://${address}:8080/`, `http://${service}/`]) expect(await (await fetch(url)).text()).toBe('hello from answerer as 10001');
  });

  test('logs are there, a memory limit holds, and a deleted pod is gone before its grace is over', async () => {
    expect(await kubectl(cluster, 'logs', 'asker', '-n', 'team')).toBe('listening\n');
    await expect(run('asker', 'const held = []; for (;;) held.push(Buffer.alloc(1 << 24, 1));')).rejects.toThrow(/137/);
    await kubectl(cluster, 'delete', 'pod', 'asker', '-n', 'team', '--timeout=20s');
    expect(await kubectl(cluster, 'get', 'pods', '-n', 'team', '-o', 'name')).toBe('pod/answerer\n');
  });

  test('a kubelet that is killed and started again finds its pods as they were', async () => {
    const id = () => kubectl(cluster, 'get', 'pod', 'answerer', '-n', 'team', '-o', 'jsonpath={.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}');
    const known = await id();
    const layout = layoutOf(cluster.folder, cluster.runtimeFolder);
    for (const program of ['kubelet', 'containerd'] as const) {
      signalComponent(layout, program, 'SIGKILL');
      await expect.poll(() => (restartComponent(layout, program), kubectl(cluster, 'exec', 'answerer', '-n', 'team', '--', '/usr/local/bin/node', '-p', '1').catch(() => '')), { timeout: 30_000, interval: 500 }).toBe('1\n');
    }
    expect(await id()).toBe(known);
  });

  test.each(['while it starts', 'when its pods run'])('a cluster whose starter is killed %s leaves nothing behind, and the one beside it is not disturbed', async (moment) => {
    const other = join(settings.cacheFolder, 'clusters', `${name}-other`);
    const starter = spawn(process.execPath, ['--input-type=module', '-e', startPods, import.meta.dirname, other, probeFile], { stdio: ['ignore', 'pipe', 'inherit'] });
    if (moment === 'when its pods run') await new Promise((resolve) => starter.stdout.once('data', resolve));
    else await expect.poll(() => tracesOf(other).links, { timeout: 30_000, interval: 20 }).not.toEqual([]);
    const during = tracesOf(other);
    const found = (['processes', 'links', 'groups', 'folders', 'claims'] as const).filter((kind) => during[kind].length > 0);
    expect(found).toEqual(['processes', 'links', 'groups', 'folders', 'claims']);
    expect(during.processes.some(isPod)).toBe(moment === 'when its pods run');
    starter.kill('SIGKILL');
    await expect.poll(() => tracesOf(other), { timeout: 30_000, interval: 100 }).toEqual(nothing);
    const address = await kubectl(cluster, 'get', 'service', 'answers', '-n', 'team', '-o', 'jsonpath={.spec.clusterIP}');
    expect(await (await fetch(`http://${address}/`)).text()).toContain('answerer');
  });

  test('a stopped cluster leaves nothing behind, and the kernel is set as it was', async () => {
    const during = tracesOf(folder);
    expect(during.processes.length).toBeGreaterThan(8);
    await stopCluster(cluster);
    expect(tracesOf(folder)).toEqual(nothing);
    expect(kernelNow()).toEqual(before);
  });
});

/** Starts a cluster with pods and lives on. Arguments: this folder, folder of the cluster, archive of the image. */
const startPods = `
const [here, folder, archive] = process.argv.slice(1);
const { importImages, installOperator, settingsFrom, startCluster } = await import(here + '/../index.ts');
const { kubectl, restrictedPods } = await import(here + '/testing.ts');
const cluster = await startCluster({ ...settingsFrom(process.env), node: 'kubelet', name: 'other', folder, unsafeNoFsync: true, endWithStarter: true });
await importImages(cluster, archive);
await installOperator(cluster, { manifests: [restrictedPods] });
await kubectl(cluster, 'wait', '--for=condition=Ready', 'pod', '--all', '-n', 'team', '--timeout=50s');
console.log('ready');
setInterval(() => {}, 1000);
`;

/** Of the processes that a cluster has here: the server of a pod. */
function isPod(pid: string): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/app/probe.mjs');
}

const nothing = { processes: [], mounts: [], links: [], groups: [], folders: [], claims: [], rules: [] };
