// Which binaries a cluster uses: ready-made ones when they fit, else those built from source.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kubernetesVersion } from './settings.ts';

const run = promisify(execFile);

/** Absolute paths of the programs of a cluster. */
export interface Binaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  readonly kubeScheduler: string;
  readonly kubectl: string;
}

/** The binaries of a folder, or undefined when one is missing. */
export function binariesIn(folder: string): Binaries | undefined {
  const binaries = {
    etcd: join(folder, 'etcd'),
    kubeApiserver: join(folder, 'kube-apiserver'),
    kubeControllerManager: join(folder, 'kube-controller-manager'),
    kubeScheduler: join(folder, 'kube-scheduler'),
    kubectl: join(folder, 'kubectl'),
  };
  return Object.values(binaries).every((file) => existsSync(file)) ? binaries : undefined;
}

/** True when a client of this version may talk to our API server: same major, at most one minor apart. */
export function isWithinSkew(clientVersion: string, serverVersion: string = kubernetesVersion): boolean {
  const [major, minor] = numbers(clientVersion);
  const [serverMajor, serverMinor] = numbers(serverVersion);
  return major !== undefined && minor !== undefined && major === serverMajor && Math.abs(minor - (serverMinor ?? 0)) <= 1;
}

function numbers(version: string): readonly number[] {
  return (/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
}

/** Path of the host's kubectl, or undefined when there is none that fits. */
export async function kubectlOnPath(): Promise<string | undefined> {
  try {
    const { stdout } = await run('kubectl', ['version', '--client', '-o', 'json'], { timeout: 5000 });
    const { clientVersion } = JSON.parse(stdout) as { clientVersion?: { gitVersion?: string } };
    if (!isWithinSkew(clientVersion?.gitVersion ?? '')) return undefined;
    const where = await run('sh', ['-c', 'command -v kubectl']);
    return where.stdout.trim();
  } catch {
    return undefined;
  }
}
