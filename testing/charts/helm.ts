// The real helm for tests of the charts: rendering without a cluster, releases in one. It keeps its own files in a folder of the test.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseAllDocuments, stringify } from 'yaml';
import { kubernetesVersion, settingsFrom } from '#devcluster/index.ts';
import { ensureHelm } from '#devcluster/services/helm/index.ts';
import type { RenderedObject } from '#scripts/checks/policy-objects.ts';

/** Folder of the charts. */
export const charts = resolve(import.meta.dirname, '..', '..', 'charts');

/** How a program ended. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Helm {
  /** Runs helm; `input` is what it reads for `-f -`. */
  run(args: readonly string[], input?: string): Promise<Ran>;
  /** Removes its folder. */
  close(): void;
}

export type FoundHelm = { readonly kind: 'found'; readonly open: (kubeconfig?: string) => Helm } | { readonly kind: 'missing'; readonly why: string };

/** The helm of the cache, built when it is not there. */
export async function findHelm(environment: Readonly<Record<string, string | undefined>>): Promise<FoundHelm> {
  const found = await ensureHelm(settingsFrom(environment));
  return found.kind === 'missing' ? found : { kind: 'found', open: (kubeconfig) => openHelm(found.file, environment, kubeconfig) };
}

function openHelm(file: string, environment: Readonly<Record<string, string | undefined>>, kubeconfig?: string): Helm {
  const folder = mkdtempSync(join(tmpdir(), 'coditect-helm-'));
  const env = { ...environment, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder, KUBECONFIG: kubeconfig ?? join(folder, 'none') };
  return {
    async run(args, input = '') {
      const child = spawn(file, [...args], { env, stdio: 'pipe' });
      const ended = new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done));
      child.stdin.on('error', () => {}); // it has ended, and says itself why
      child.stdin.end(input);
      const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
      return { code: code ?? 1, stdout, stderr };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** What a release is rendered from. */
export interface Rendering {
  /** Files with values, relative to the chart. */
  readonly files?: readonly string[];
  /** Values on top of them. */
  readonly values?: object;
}

/** Namespace of rendered releases. */
export const releaseNamespace = 'coditect-system';

/** Runs `helm template` over charts/coditect. */
export function render(helm: Helm, { files = [], values = {} }: Rendering): Promise<Ran> {
  const chart = join(charts, 'coditect');
  return helm.run(['template', 'coditect', chart, '--namespace', releaseNamespace, '--kube-version', kubernetesVersion, ...files.flatMap((file) => ['-f', join(chart, file)]), '-f', '-'], stringify(values));
}

/** The objects of a rendering, hooks included; throws with helm's own words when it refuses. */
export async function objectsOf(helm: Helm, rendering: Rendering): Promise<readonly RenderedObject[]> {
  const { code, stdout, stderr } = await render(helm, rendering);
  if (code !== 0) throw new Error(`render charts/coditect: ${stderr}`);
  return parseAllDocuments(stdout).map((document) => document.toJS() as RenderedObject | null).filter((object) => object !== null);
}
