// Hands for the story of Git: an Argo CD beside a cluster, the repository of a team, and eyes on what the API server shows and has answered.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { Condition } from '#api/v1alpha1/schema.ts';
import { accessOf, type ApiClient, type Cluster, createApiClient, statusOf } from '#devcluster/index.ts';
import { type Argo, argoNamespace, ensureArgo, startArgo } from '#devcluster/services/argocd/index.ts';
import { findRedis } from '#devcluster/services/redis/index.ts';
import { Refusal } from '../../failure.ts';
import { runChild } from '../child.ts';
import { makeTeamRepository, type TeamRepository } from './team.ts';
import { until } from './until.ts';

/** Where the story happens: a cluster with the operator installed. */
export interface GitOpsPlace {
  readonly cluster: Pick<Cluster, 'kubeconfig' | 'kubectl' | 'server' | 'auditLog'>;
  readonly agentImage: string;
  /** For repositories, access and logs of Argo CD; the caller removes it. */
  readonly folder: string;
  readonly cacheFolder: string;
  /** PATH with git. */
  readonly programPath: string;
  /** Folder of the checkout that holds config/argocd. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** An Application of Argo CD, as far as it is looked at. */
export interface Application {
  readonly status?: {
    /** Empty until it was compared. */
    readonly sync?: { readonly status: string; readonly revision?: string };
    readonly health?: { readonly status?: string };
    /** When it was last compared with Git, in whole seconds. */
    readonly reconciledAt?: string;
    readonly operationState?: { readonly phase: string; readonly message?: string; readonly operation?: { readonly info?: readonly { readonly value: string }[] }; readonly syncResult?: { readonly revision?: string } };
    readonly resources?: readonly { readonly group?: string; readonly kind: string; readonly namespace?: string; readonly name: string; readonly health?: { readonly status: string; readonly message?: string } }[];
  };
}

/** Any object of ours. */
export interface Seen {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string; readonly generation: number };
  readonly spec: Readonly<Record<string, unknown>>;
  readonly status?: { readonly conditions?: readonly Condition[]; readonly runNumber?: number; readonly completionTime?: string };
}

/** One answered request of the API server. */
export interface Answered {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string; readonly apiGroup?: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
}

export interface GitOps {
  readonly place: GitOpsPlace;
  readonly argo: Argo;
  readonly team: TeamRepository;
  readonly client: ApiClient;
  readonly application: () => Promise<Application>;
  /** The objects of a kind of the team's namespace, by plural. */
  readonly list: (plural: string) => Promise<readonly Seen[]>;
  readonly mission: (name: string) => Promise<Seen | undefined>;
  /** What the API server has answered. */
  readonly audit: () => Promise<readonly Answered[]>;
  readonly close: () => Promise<void>;
}

/** Name of the application, and of the namespace of the team. */
export const team = 'team-a';

export const applicationPath = `/apis/argoproj.io/v1alpha1/namespaces/${argoNamespace}/applications/${team}`;
export const missionPath = (name: string): string => `/apis/coditect.ai/v1alpha1/namespaces/${team}/missions/${name}`;

/** Starts Argo CD with the settings of config/argocd and makes the repository; nothing is in it yet. */
export async function openGitOps(place: GitOpsPlace, progress: (line: string) => void): Promise<GitOps> {
  const { cluster, folder, cacheFolder, programPath, root, env } = place;
  const found = await ensureArgo({ cacheFolder, progress });
  if (found.kind === 'missing') throw new Refusal(`start Argo CD: ${found.why}`, 'install what it says and run it again');
  const redis = await findRedis({ cacheFolder, path: programPath, progress });
  if (redis.kind === 'absent') throw new Refusal(`start Argo CD, which needs Redis: ${redis.reason}`, 'install redis-server 7 and run it again');
  const repository = await makeTeamRepository(folder, env);
  progress('waiting for its processes');
  const settings = ['apply', '--server-side', '--field-manager=coditect', '-n', argoNamespace, '-f', join(root, 'config', 'argocd', 'argocd-cm.yaml')];
  const beforeStart = async (): Promise<void> => void (await runChild(cluster.kubectl, settings, { env: { ...env, KUBECONFIG: cluster.kubeconfig }, signal: place.signal }));
  const argo = await startArgo({ program: found.program, redis: redis.program, cluster, folder: join(folder, 'argocd'), programPath, beforeStart });
  const client = createApiClient(accessOf(cluster));
  return {
    place,
    argo,
    team: repository,
    client,
    application: () => client.send<Application>({ method: 'GET', path: applicationPath }),
    list: async (plural) => (await client.send<{ items: readonly Seen[] }>({ method: 'GET', path: `/apis/coditect.ai/v1alpha1/namespaces/${team}/${plural}` })).items,
    mission: (name) => client.send<Seen>({ method: 'GET', path: missionPath(name) }).catch(absent),
    audit: async () => (await readFile(cluster.auditLog, 'utf8')).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Answered),
    async close() {
      client.close();
      await argo.stop();
    },
  };
}

function absent(error: unknown): undefined {
  if (statusOf(error) !== 404) throw error;
}

/** The application of the example, with this repository. */
export async function exampleApplication({ place: { root }, team: { url, path } }: Pick<GitOps, 'place' | 'team'>): Promise<string> {
  const documents = parseAllDocuments(await readFile(join(root, 'config', 'argocd', 'applications.yaml'), 'utf8')).map((document) => document.toJS() as { metadata: { name: string }; spec: { source: object } });
  const example = documents.find(({ metadata }) => metadata.name === team);
  if (example === undefined) throw new Refusal(`read config/argocd/applications.yaml: it has no application ${team}`, 'restore the file from Git');
  return stringify({ ...example, spec: { ...example.spec, source: { repoURL: url, targetRevision: 'main', path } } });
}

/** Commits a change, tells Argo CD to look, and waits until it has applied exactly this commit. */
export async function commitAndSync(gitOps: GitOps, message: string, change: Parameters<TeamRepository['commit']>[1]): Promise<string> {
  const revision = await gitOps.team.commit(message, change);
  await look(gitOps);
  await untilApplication(gitOps, `commit ${revision.slice(0, 7)} is applied`, ({ status }) => status?.sync?.status === 'Synced' && status.sync.revision === revision && status.operationState?.syncResult?.revision === revision);
  return revision.slice(0, 7);
}

/** Has Argo CD compare now instead of at its next turn. */
export async function look({ client }: GitOps): Promise<void> {
  const body = { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } };
  await client.send({ method: 'PATCH', path: applicationPath, contentType: 'application/merge-patch+json', body });
}

/** Waits until the application is so. */
export async function untilApplication({ application, place: { signal } }: GitOps, what: string, isSo: (application: Application) => boolean): Promise<Application> {
  let last: Application = {};
  const told = () => `it is ${last.status?.sync?.status}, ${last.status?.health?.status}; ${last.status?.operationState?.phase}: ${last.status?.operationState?.message}`;
  return until(what, { seconds: 90, signal, last: told }, async () => {
    last = await application();
    return isSo(last) ? last : undefined;
  });
}

/** Waits until a mission is so. */
export async function untilMission({ mission, place: { signal } }: GitOps, name: string, what: string, isSo: (mission: Seen) => boolean): Promise<Seen> {
  return until(`mission ${name} ${what}`, { seconds: 90, signal }, async () => {
    const found = await mission(name);
    return found !== undefined && isSo(found) ? found : undefined;
  });
}
