// Proves on this machine that the dev cluster works: a real start, pods of many kinds, faults, a real end. Exits non-zero at the first thing that is not so.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Endpoints } from '#api/endpoints.ts';
import { type Cluster, installOperator, isRunning, layoutOf, openGitDoor, restartComponent, settingsFrom, signalComponent, startApiServer, startCluster, stopApiServer, stopCluster } from './index.ts';
import { isRoot, processTable, startTimeOf } from './processes.ts';
import { app, crasher, definition, forbidden, operator, unknownImage } from './smoke-manifests.ts';

const run = promisify(execFile);
const settings = settingsFrom(process.env);
const scratch = mkdtempSync(join(tmpdir(), 'coditect-smoke-'));
const folder = join(settings.cacheFolder, 'clusters', `smoke-${process.pid}`);
const other = `${folder}-b`;

try {
  await smoke();
  process.stdout.write('smoke: all good\n');
} catch (error) {
  process.stderr.write(`smoke: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  for (const each of [folder, other]) await stopCluster({ folder: each });
  rmSync(scratch, { recursive: true, force: true });
}

async function smoke(): Promise<void> {
  const startedAt = performance.now();
  const [cluster] = await Promise.all([start(folder), start(other)]);
  step(`two clusters started in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  await stopCluster({ folder: other });
  check(!existsSync(other), 'a stopped cluster leaves no folder');
  await installOperator(cluster, { manifests: [app, crasher, forbidden, unknownImage, operator, definition] });
  step('installed a definition and an object of it');
  await pods(cluster);
  await endpoints(cluster);
  await apiServerFault(cluster);
  await nodeRestart(cluster);
  await gitDoor(cluster);
  await deletion(cluster);
  await interruptedStart();
  await stopCluster(cluster);
  check(!existsSync(cluster.folder) && !existsSync(cluster.runtimeFolder), 'the end removes both folders');
}

function start(where: string): Promise<Cluster> {
  const bundles = join(scratch, 'bundles');
  mkdirSync(bundles, { recursive: true });
  writeFileSync(join(bundles, 'app.mjs'), readFileSync(join(import.meta.dirname, 'smoke-app.mjs')));
  return startCluster({ ...settings, name: 'smoke', folder: where, bundlesFolder: bundles, images: { 'smoke/app:1': { command: ['$NODE', '$BUNDLES/app.mjs'] } }, unsafeNoFsync: true, endWithStarter: true });
}

async function pods(cluster: Cluster): Promise<void> {
  await until('the app is ready', async () => (await field(cluster, 'pod/app', '{.status.conditions[?(@.type=="Ready")].status}')) === 'True');
  const log = await kubectl(cluster, 'logs', 'app', '-c', 'app');
  for (const line of ['config from-config', 'secret from-secret', 'audience coditect', 'init was-here', 'name app']) check(log.includes(line), `the log says "${line}": ${log}`);
  if (isRoot()) check(/^uid [1-9]\d{5}$/m.test(log), `pods of root run as another user: ${log}`);
  step('environment, volumes, token, init container, probes, logs');
  await until('the crasher backs off', async () => (await field(cluster, 'pod/crasher', '{.status.containerStatuses[0].state.waiting.reason}')) === 'CrashLoopBackOff');
  await until('its last run is kept', async () => (await field(cluster, 'pod/crasher', '{.status.containerStatuses[0].lastState.terminated.exitCode}')) === '3');
  await until('the log of the run before is there', async () => (await kubectl(cluster, 'logs', 'crasher', '--previous').catch(() => '')).includes('crashing'));
  await until('a forbidden pod fails', async () => (await field(cluster, 'pod/forbidden', '{.status.phase} {.status.message}')).startsWith('Failed The process node cannot run this pod: spec.hostNetwork'));
  await until('an unknown image waits', async () => (await field(cluster, 'pod/unknown', '{.status.containerStatuses[0].state.waiting.reason}')) === 'ErrImageNeverPull');
  await until('what is not enforced is told', async () => (await kubectl(cluster, 'get', 'events.events.k8s.io', '-o', 'jsonpath={range .items[?(@.reason=="Unenforced")]}{.note}{"\\n"}{end}')).includes('securityContext'));
  step('crash loop, refusal, unknown image, events');
}

async function endpoints(cluster: Cluster): Promise<void> {
  await until('endpoints.json names the operator and its CA', () => {
    const { operators, ca } = Endpoints.parse(JSON.parse(readFileSync(cluster.endpointsFile, 'utf8')));
    return Promise.resolve(operators.length === 1 && operators[0]?.pod === 'operator' && ca === 'its-ca');
  });
  step('endpoints.json');
}

/** Without a word to the node: its containers are ended by its next run and started anew. */
async function nodeRestart(cluster: Cluster): Promise<void> {
  const layout = layoutOf(cluster.folder, cluster.runtimeFolder);
  const process = async () => (await field(cluster, 'pod/app', '{.status.containerStatuses[0].containerID}')).replace(/^process:\/\/(\d+)-.*$/, '$1');
  const before = await process();
  signalComponent(layout, 'process-node', 'SIGKILL');
  await until('the node is gone', () => Promise.resolve(!isRunning(layout, 'process-node')));
  restartComponent(layout, 'process-node');
  await until('the container runs anew', async () => (await process()) !== before && (await field(cluster, 'pod/app', '{.status.containerStatuses[0].ready}')) === 'true');
  check(startTimeOf(Number(before)) === undefined, 'the container of before is gone');
  check((await field(cluster, 'pod/app', '{.status.containerStatuses[0].restartCount}')) === '1', 'the restart is counted');
  step('process node killed and started');
}

async function apiServerFault(cluster: Cluster): Promise<void> {
  const id = '{.status.containerStatuses[0].containerID}';
  const before = await field(cluster, 'pod/app', id);
  await stopApiServer(cluster);
  await sleep(3000);
  await startApiServer(cluster);
  check((await field(cluster, 'pod/app', id)) === before, 'containers run on while the API server is away');
  await kubectl(cluster, 'run', 'later', '--image=smoke/app:1');
  await until('pods start after it is back', async () => (await field(cluster, 'pod/later', '{.status.phase}')) === 'Running');
  step('API server stopped and started');
}

async function gitDoor(cluster: Cluster): Promise<void> {
  const repository = join(scratch, 'repository');
  await run('git', ['init', '-q', repository]);
  await run('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '-q', '--allow-empty', '-m', 'first']);
  const { stdout } = await run('git', ['ls-remote', await openGitDoor(cluster, repository), 'HEAD']);
  check(stdout.includes('HEAD'), 'the git door serves the repository');
  step('git door');
}

async function deletion(cluster: Cluster): Promise<void> {
  const following = run(cluster.kubectl, ['--kubeconfig', cluster.kubeconfig, 'logs', '-f', 'app', '-c', 'app']);
  await sleep(500);
  await kubectl(cluster, 'delete', 'pod', 'app', '--timeout=20s');
  check((await following).stdout.includes('goodbye'), 'a deleted pod gets SIGTERM and time');
  step('deletion with grace, followed log');
}

/** Interrupts starts at several moments; nothing may be left. */
async function interruptedStart(): Promise<void> {
  for (const [afterMs, signal] of [[300, 'SIGINT'], [2500, 'SIGINT'], [1500, 'SIGKILL']] as const) {
    const name = `smoke-cut-${process.pid}`;
    const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), 'start', '--name', name], { stdio: 'ignore', env: { ...process.env, CODITECT_CACHE: settings.cacheFolder } });
    await sleep(afterMs);
    child.kill(signal);
    const cut = join(settings.cacheFolder, 'clusters', name);
    await until(`nothing is left of a start after ${signal}`, () => Promise.resolve(!existsSync(cut) && !processTable().some(({ pid }) => commandOf(pid).includes(`${cut}/`))));
  }
  step('interrupted starts leave nothing');
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

async function kubectl(cluster: Cluster, ...args: readonly string[]): Promise<string> {
  return (await run(cluster.kubectl, ['--kubeconfig', cluster.kubeconfig, ...args])).stdout;
}

function field(cluster: Cluster, object: string, path: string): Promise<string> {
  return kubectl(cluster, 'get', object, '-o', `jsonpath=${path}`);
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await isSo().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`${what}: not within 30 s`);
    await sleep(200);
  }
}

function check(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`${what}: it is not so`);
}

function step(line: string): void {
  process.stdout.write(`smoke: ${line}\n`);
}
