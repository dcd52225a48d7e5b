// Builds the control plane from its Go modules, once per version and machine. The result appears whole or not at all.
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Binaries, binariesIn, kubectlOnPath } from './binaries.ts';
import { ensureFolder, readJson } from './files.ts';
import { identify, isAlive, type ProcessIdentity } from './processes.ts';
import { type BinarySettings, kubernetesVersion } from './settings.ts';

export interface BuildOptions extends BinarySettings {
  /** Gets one line for people now and then. */
  readonly progress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

const moduleFolder = fileURLToPath(new URL('.', import.meta.url));
const packages = ['go.etcd.io/etcd/server/v3', ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'].map((name) => `k8s.io/kubernetes/cmd/${name}`)];
const leastGo = { major: 1, minor: 26 } as const;

/** Paths of all binaries of a cluster; builds them when no ready-made ones fit. */
export async function ensureBinaries(options: BuildOptions): Promise<Binaries> {
  const ready = options.assetsFolder === undefined ? undefined : binariesIn(options.assetsFolder);
  if (ready !== undefined) return ready;
  const folder = join(options.cacheFolder, 'kubernetes', buildKey());
  const built = binariesIn(folder) ?? (await buildLocked(folder, options));
  return { ...built, kubectl: (await kubectlOnPath()) ?? built.kubectl };
}

/** Name of the folder that these sources build into. */
export function buildKey(): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(moduleFolder, file)));
  hash.update(`${kubernetesVersion} ${process.platform} ${process.arch}`);
  return `${kubernetesVersion}-${hash.digest('hex').slice(0, 12)}`;
}

/** Two starters at once must not build twice: the second waits for the first one's result. */
async function buildLocked(folder: string, options: BuildOptions): Promise<Binaries> {
  ensureFolder(join(options.cacheFolder, 'kubernetes'), 0o755);
  const lock = `${folder}.lock`;
  let toldToWait = false;
  while (!tryLock(lock)) {
    if (!toldToWait) options.progress?.(`waiting: another process is building Kubernetes ${kubernetesVersion}`);
    toldToWait = true;
    await sleep(500, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
  try {
    return binariesIn(folder) ?? (await buildInto(folder, options));
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Takes the lock, also from an owner that died. */
export function tryLock(lock: string): boolean {
  try {
    writeFileSync(lock, JSON.stringify(identify(process.pid)), { flag: 'wx', mode: 0o600 });
    return true;
  } catch {
    const owner = readJson<ProcessIdentity>(lock);
    if (owner !== undefined && !isAlive(owner)) rmSync(lock, { force: true });
    return false;
  }
}

async function buildInto(folder: string, options: BuildOptions): Promise<Binaries> {
  await requireGo();
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o755 });
  try {
    await withProgress(options, goBuild(draft, options.signal));
    renameSync(join(draft, 'server'), join(draft, 'etcd'));
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  const built = binariesIn(folder);
  if (built === undefined) throw new Error(`build Kubernetes ${kubernetesVersion}: a binary is missing in ${folder}, so no cluster can start; remove that folder and try again`);
  return built;
}

async function requireGo(): Promise<void> {
  const advice = `install Go ${leastGo.major}.${leastGo.minor} or newer from https://go.dev/dl, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl`;
  const answer = await promisify(execFile)('go', ['version'], { cwd: moduleFolder }).catch((cause: unknown) => {
    throw new Error(`build Kubernetes ${kubernetesVersion}: there is no Go on this machine that can; ${advice}`, { cause });
  });
  if (!isGoRecentEnough(answer.stdout)) throw new Error(`build Kubernetes ${kubernetesVersion}: ${answer.stdout.trim()} is too old; ${advice}`);
}

/** Whether the output of `go version` names a Go that can build this Kubernetes. */
export function isGoRecentEnough(version: string): boolean {
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > leastGo.major || (Number(major) === leastGo.major && Number(minor) >= leastGo.minor);
}

/** Flags for the linker that make a program of Kubernetes say its version. */
export function versionFlags(): string {
  const [major, minor] = kubernetesVersion.split('.');
  const stamps = { gitVersion: `v${kubernetesVersion}`, gitMajor: major, gitMinor: minor };
  return Object.entries(stamps).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`).join(' ');
}

/** One call for all packages: separate ones compile the shared parts against each other. */
function goBuild(target: string, signal: AbortSignal | undefined): Promise<void> {
  const args = ['build', '-trimpath', '-ldflags', `-s -w ${versionFlags()}`, '-o', target, ...packages];
  return new Promise((resolve, reject) => {
    // `env` keeps the user's Go settings (proxy, cache) and only turns cgo off.
    const child = spawn('env', ['CGO_ENABLED=0', 'go', ...args], { cwd: moduleFolder, stdio: ['ignore', 'ignore', 'pipe'], ...(signal === undefined ? {} : { signal }) });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      complaint = (complaint + chunk).slice(-2000);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`build Kubernetes ${kubernetesVersion}: go build failed, so no cluster can start: ${complaint.trim()}`));
    });
  });
}

async function withProgress(options: BuildOptions, build: Promise<void>): Promise<void> {
  const startedAt = performance.now();
  const tell = () => options.progress?.(`building Kubernetes ${kubernetesVersion} from source: ${minutes(performance.now() - startedAt)}, about 6 min the first time`);
  tell();
  const timer = setInterval(tell, 10_000);
  try {
    await build;
  } finally {
    clearInterval(timer);
  }
}

/** `2m10s`. */
export function minutes(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}

/** True when a start would have to build first, which takes minutes. */
export function needsBuild({ cacheFolder, assetsFolder }: BinarySettings): boolean {
  if (assetsFolder !== undefined && binariesIn(assetsFolder) !== undefined) return false;
  return !existsSync(join(cacheFolder, 'kubernetes', buildKey()));
}
