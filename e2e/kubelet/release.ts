// The release of the charts in a world: its values, and helm with words that say what happened when it fails.
import { join } from 'node:path';
import { stringify } from 'yaml';
import { names } from '#api/labels.ts';
import { clusterValues } from '#testing/charts/cluster.ts';
import { charts, type Ran, releaseNamespace, render } from '#testing/charts/helm.ts';
import { must } from '../story.ts';
import type { KubeletWorld } from './world.ts';

/** Namespace of the demo mission: the chart is told of it, for people whose kubeconfig has certificates only. */
export const demoNamespace = 'demo';

/** Claims that the profile makes. */
export const claims = [names.blobs, names.llmGateway, names.mirror] as const;

const chart = join(charts, 'coditect');
const profileFile = 'profiles/staging.yaml';
const staging = ['-f', join(chart, profileFile)];
const inRelease = ['--namespace', releaseNamespace];
const patience = ['--wait', '--timeout', '300s'];

/** Values on top of those of profile staging, which are kept but for its name: it refuses the plain http of the scripted provider. */
export function values({ models }: KubeletWorld, profile: 'staging' | 'none' = 'none'): object {
  const { operator, blobs, console, llmGateway, mirror, installCheck } = clusterValues;
  return {
    profile,
    operator: { image: operator.image },
    blobs,
    console,
    llmGateway: { ...llmGateway, enabled: true, upstreamUrl: models.url },
    mirror: { ...mirror, enabled: true },
    installCheck: { ...installCheck, timeoutSeconds: 240 },
    networkPolicies: { agents: { namespaces: [demoNamespace] } },
    cli: { namespaces: [demoNamespace] },
  };
}

/** What `helm template` makes of values on top of the profile. */
export function rendered({ helm }: KubeletWorld, some: object): Promise<Ran> {
  return render(helm, { files: [profileFile], values: some });
}

/** Installs the chart of the kinds, then the other one; resolves when all pods are ready. */
export async function install(world: KubeletWorld, some: object): Promise<void> {
  await helming(world, ['install', 'coditect-crds', join(charts, 'coditect-crds'), ...inRelease, ...patience]);
  await helming(world, ['install', 'coditect', chart, ...inRelease, ...patience, ...staging, '-f', '-'], some);
}

/** Upgrades to these values; resolves when all pods are ready. */
export async function upgrade(world: KubeletWorld, some: object): Promise<void> {
  await helming(world, ['upgrade', 'coditect', chart, ...inRelease, ...patience, ...staging, '-f', '-'], some);
}

/** Goes back to a revision. */
export async function rollback(world: KubeletWorld, revision: number): Promise<void> {
  await helming(world, ['rollback', 'coditect', String(revision), ...inRelease, ...patience]);
}

/** Runs `helm test`; gives what it printed. */
export function test(world: KubeletWorld): Promise<string> {
  return helming(world, ['test', 'coditect', ...inRelease, '--timeout', '300s']);
}

/** Removes the release, not the kinds. */
export async function uninstall(world: KubeletWorld): Promise<void> {
  await helming(world, ['uninstall', 'coditect', ...inRelease, ...patience]);
}

async function helming(world: KubeletWorld, args: readonly string[], some: object = {}): Promise<string> {
  const { code, stdout, stderr } = await world.helm.run(args, stringify(some));
  must(code === 0, `helm ${args[0]} ended with ${code}: ${stderr.trim() || stdout.trim()}${code === 0 ? '' : await happened(world)}`);
  return stdout;
}

/** Pods and warnings, for the words of a failure. */
async function happened({ tryKubectl }: KubeletWorld): Promise<string> {
  const pods = await tryKubectl(['get', 'pods', '-A', '-o', 'wide']);
  const events = await tryKubectl(['get', 'events', '-A', '--field-selector', 'type=Warning']);
  return `\n${pods.stdout}\n${events.stdout}`;
}
