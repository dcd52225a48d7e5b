// Applies manifests without kubectl: definitions first, then the rest, each retried until the server knows its kind.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { type ApiClient, createApiClient, statusOf } from './api-client.ts';
import { accessOf, type WithKubeconfig } from './access.ts';

/** An object of a manifest. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

export interface InstallOptions {
  /** YAML texts, each with one or more documents. */
  readonly manifests: readonly string[];
  /** Namespace of objects that name none; default `default`. */
  readonly namespace?: string;
  /** How long kinds and definitions may take to become known; 30 s unless told. */
  readonly timeoutMs?: number;
}

const fieldManager = 'coditect-install';
const retryMs = 100;

/** Applies all objects of the manifests (server-side apply, forced); fine to repeat. Resolves when every definition is established. */
export async function installOperator(cluster: WithKubeconfig, { manifests, namespace = 'default', timeoutMs = 30_000 }: InstallOptions): Promise<void> {
  const client = createApiClient(accessOf(cluster));
  const deadline = performance.now() + timeoutMs;
  try {
    for (const manifest of inOrder(manifests.flatMap(parseManifests))) {
      await apply(client, manifest, namespace, deadline);
      if (manifest.kind === 'CustomResourceDefinition') await established(client, manifest, deadline);
    }
  } finally {
    client.close();
  }
}

/** Objects of a YAML text; empty documents are left out. */
export function parseManifests(text: string): readonly Manifest[] {
  const objects = parseAllDocuments(text).map((document) => {
    if (document.errors[0] !== undefined) throw new Error(`read manifest: ${document.errors[0].message}; nothing after it was applied`);
    return document.toJS() as Partial<Manifest> | null;
  });
  return objects.filter((object) => object !== null).map((object) => {
    if (object.apiVersion === undefined || object.kind === undefined || object.metadata?.name === undefined) throw new Error('read manifest: a document lacks apiVersion, kind or metadata.name, so nothing was applied; correct it');
    return object as Manifest;
  });
}

const firstKinds = ['Namespace', 'CustomResourceDefinition', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding', 'ConfigMap', 'Secret'];

/** What others need first; otherwise as written. */
export function inOrder(manifests: readonly Manifest[]): readonly Manifest[] {
  const rank = ({ kind }: Manifest) => (firstKinds.includes(kind) ? firstKinds.indexOf(kind) : firstKinds.length);
  return manifests.toSorted((a, b) => rank(a) - rank(b));
}

async function apply(client: ApiClient, manifest: Manifest, namespace: string, deadline: number): Promise<void> {
  const label = `${manifest.kind} ${manifest.metadata.name}`;
  for (;;) {
    try {
      const path = await pathOf(client, manifest, namespace);
      if (path !== undefined) {
        await client.send({ method: 'PATCH', path: `${path}?fieldManager=${fieldManager}&force=true`, body: manifest, contentType: 'application/apply-patch+yaml' });
        return;
      }
      if (performance.now() > deadline) throw new Error(`apply ${label}: the API server does not know ${manifest.apiVersion} ${manifest.kind}, so it was not applied; is its definition among the manifests?`);
    } catch (error) {
      // A kind that was just defined is served a moment after its definition is established.
      if (![0, 404, 429, 503].includes(statusOf(error) ?? -1) || performance.now() > deadline) throw error;
    }
    await sleep(retryMs);
  }
}

/** Address of an object by discovery; undefined while its kind is not known. */
async function pathOf(client: ApiClient, { apiVersion, kind, metadata }: Manifest, namespace: string): Promise<string | undefined> {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { resources } = await client.send<{ resources: readonly { name: string; kind: string; namespaced: boolean }[] }>({ method: 'GET', path: root });
  const resource = resources.find((entry) => entry.kind === kind && !entry.name.includes('/'));
  if (resource === undefined) return undefined;
  return `${root}/${resource.namespaced ? `namespaces/${metadata.namespace ?? namespace}/` : ''}${resource.name}/${metadata.name}`;
}

async function established(client: ApiClient, { metadata }: Manifest, deadline: number): Promise<void> {
  for (;;) {
    const { status } = await client.send<{ status?: { conditions?: readonly { type: string; status: string; message?: string }[] } }>({ method: 'GET', path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}` });
    const conditions = status?.conditions ?? [];
    if (conditions.some(({ type, status: value }) => type === 'Established' && value === 'True')) return;
    const refused = conditions.find(({ type, status: value }) => type === 'NamesAccepted' && value === 'False');
    if (refused !== undefined || performance.now() > deadline) throw new Error(`wait for definition ${metadata.name}: it is not established, so its kind cannot be used: ${refused?.message ?? 'no answer in time'}`);
    await sleep(retryMs);
  }
}
