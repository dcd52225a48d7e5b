// The machine that the node believes to be: processes, mounts and network of its own. When its first process ends, the kernel ends all others, and their mounts and network go with them.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { componentProcess, lastWords, startComponent } from '../components.ts';
import { ensureFolder } from '../files.ts';
import type { ClusterLayout } from '../layout.ts';
import { nodePath } from './config.ts';
import type { Plot } from './plot.ts';
import type { NodePrograms } from './programs.ts';

const run = promisify(execFile);
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const unshareTimeoutMs = 5000;

type Where = Pick<ClusterLayout, 'run' | 'logs' | 'folder' | 'node'>;

/** Starts the machine: its first process, its wire to this machine, its file system. It ends with component `node-machine`. */
export async function startMachine(where: Where, plot: Plot, programs: NodePrograms): Promise<void> {
  makeFolders(where.node);
  const apart = ['--net', '--mount', '--pid', '--uts', '--fork', '--kill-child=SIGKILL'];
  startComponent(where, 'node-machine', { file: 'unshare', args: [...apart, '--', programs.pause], env: { PATH: systemPath } });
  const pid = await unshared(where);
  await connect(plot, pid);
  await inMachine(where, ['/bin/sh', join(import.meta.dirname, 'machine.sh'), where.node, ...Object.values(programs)]);
}

function makeFolders(node: string): void {
  ensureFolder(node);
  for (const folder of ['root', 'settings', 'var/lib/kubelet', 'var/lib/containerd', 'var/lib/cni', 'var/log/pods', 'var/log/containers']) mkdirSync(join(node, folder), { recursive: true });
  symlinkSync('/run', join(node, 'var', 'run'));
}

/** Process that holds the namespaces, once it has them. */
async function unshared(where: Where): Promise<number> {
  const { pid } = componentProcess(where, 'node-machine') ?? { pid: 0 };
  const deadline = performance.now() + unshareTimeoutMs;
  while (!hasOwnNamespaces(pid)) {
    if (performance.now() > deadline) throw new Error(`start the machine of the node: it has no namespaces of its own after ${unshareTimeoutMs / 1000} s; its last words: ${lastWords(where, 'node-machine')}`);
    await sleep(10);
  }
  return pid;
}

/** The process table comes last: its first child is there when it differs. */
function hasOwnNamespaces(pid: number): boolean {
  try {
    return firstChildOf(pid) !== undefined && readlinkSync(`/proc/${pid}/ns/net`) !== readlinkSync('/proc/self/ns/net');
  } catch {
    return false;
  }
}

/** The first process inside the machine, as this machine counts; undefined when there is none. */
export function firstChildOf(pid: number): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return first === undefined || first === '' ? undefined : Number(first);
  } catch {
    return undefined;
  }
}

/** Lays a wire between this machine and the node, with routes to its pods and Services. All of it vanishes with the node. */
async function connect({ link, host, node, linkBits, pods, services }: Plot, pid: number): Promise<void> {
  await run('ip', ['link', 'delete', link], { env: { PATH: systemPath } }).catch(() => {}); // of a cluster that died with its machine
  await ip([], [`link add ${link} type veth peer name eth0 netns ${pid}`, `addr add ${host}/${linkBits} dev ${link}`, `link set ${link} up`]);
  await ip(['nsenter', '--target', String(pid), '--net'], ['link set lo up', `addr add ${node}/${linkBits} dev eth0`, 'link set eth0 up']);
  await ip([], [`route add ${pods} via ${node}`, `route add ${services} via ${node}`]);
}

async function ip(entrance: readonly string[], commands: readonly string[]): Promise<void> {
  for (const command of commands) {
    const [file = '', ...args] = [...entrance, 'ip', ...command.split(' ')];
    await run(file, args, { env: { PATH: systemPath } });
  }
}

/** argv that runs a program inside the machine, with the paths that are seen there. */
export function entranceTo(where: Pick<Where, 'run'>): readonly string[] {
  const { pid } = componentProcess(where, 'node-machine') ?? {};
  if (pid === undefined) throw new Error('enter the machine of the node: it was never started; is this a cluster with node kubelet?');
  // The holder of the namespaces is itself not among the processes of the machine; its children are.
  return ['nsenter', '--target', String(pid), '--net', '--mount', '--uts', `--pid=/proc/${pid}/ns/pid_for_children`, '--'];
}

/** Runs a program inside the machine to its end; gives what it printed. `stdin` is an open file. */
export function inMachine(where: Pick<Where, 'run'>, argv: readonly string[], stdin?: number): Promise<string> {
  const [file = '', ...args] = [...entranceTo(where), ...argv];
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { PATH: nodePath }, stdio: [stdin ?? 'ignore', 'pipe', 'pipe'] });
    let [printed, complaint] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (complaint = (complaint + chunk).slice(-2000)));
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(printed) : reject(new Error(`run ${argv[0]} in the machine of the node: it ended with ${code}: ${complaint.trim()}`))));
  });
}
