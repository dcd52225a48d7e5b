// The three doors of a replica, each with its own trust: enrolment (a token), work (a certificate), api (a person's or program's token).
import type { Authenticator } from '#api/access.ts';
import type { OperatorConfig } from '#api/config/operator.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import { operatorLeafSeconds, startOperatorIdentity, type OperatorIdentity } from './fleet/enrolment/operator-identity.ts';
import type { AgentIdentity } from '#api/identity.ts';
import { createLlmClient, type LlmClient } from '#platform/anthropic/client.ts';
import { createDialer } from '#platform/anthropic/dialer.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Random } from '#platform/ids.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import { blobsInDns, blobsInFile, llmGatewayInDns, llmGatewayInFile, mirrorInDns, mirrorInFile } from '#platform/rpc/addresses.ts';
import { rememberReviews } from '#platform/rpc/auth.ts';
import { createOperatorBlobs, type OperatorBlobs } from '#platform/rpc/blob-client.ts';
import { EnrolmentService } from '#platform/rpc/generated/coditect/v1alpha1/enrolment_pb.ts';
import { WorkService } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { bundleOf, defaultPeriodSeconds } from '#platform/rpc/rotation.ts';
import { workLimits } from '#platform/rpc/limits.ts';
import { createMemoryClient } from '#platform/rpc/memory-client.ts';
import { createRpcServer, type RpcServer } from '#platform/rpc/servers.ts';
import { llmGatewayName } from '#platform/rpc/tls.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { PoolPod } from './agentpool/decide/view.ts';
import { byUid, type Caches } from './caches.ts';
import { type Broadcast, createBroadcast } from './fleet/api/broadcast.ts';
import { apiRoutes } from './fleet/api/routes.ts';
import type { LivePod } from './fleet/enrolment/admission.ts';
import { createCaObjects } from './fleet/enrolment/ca-objects.ts';
import { createCaStore } from './fleet/enrolment/ca-store.ts';
import { createEnrolmentService } from './fleet/enrolment/service.ts';
import { createWorkService } from './fleet/work/service.ts';
import { createGatewayModel } from './planner/gateway-model.ts';
import { createMirrorMemory } from './planner/mirror-memory.ts';
import { createPlanner, type Memory, type Model } from './planner/planner.ts';
import type { Replica, ReplicaDeps } from './replica.ts';
import { createGatewayUsage } from './usage/gateway-usage.ts';

export interface ListenersDeps {
  readonly config: OperatorConfig;
  /** Without a guard: the CA and people's missions are written by any replica. */
  readonly client: WatchingClient;
  readonly reviews: Authenticator;
  /** Makes the replica from what only the listeners know. */
  readonly replica: (parts: Pick<ReplicaDeps, 'signGrant' | 'copies' | 'caBundle' | 'broadcast' | 'model' | 'memory' | 'usage'>) => Replica;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Listeners {
  /** Resolves when all doors are open. */
  readonly started: Promise<void>;
  notReady(): readonly string[];
  stop(): Promise<void>;
}

/** Starts the replica, waits for its certificate, opens the doors. */
export function startListeners(deps: ListenersDeps): Listeners {
  const { config, client, clock, log } = deps;
  const broadcast = createBroadcast(clock);
  // The identity is there before the replica that leads or not.
  let leads = () => false;
  const identity = startOperatorIdentity({
    store: createCaStore({ objects: createCaObjects(client, config.namespace), policy: { periodSeconds: defaultPeriodSeconds, leafSeconds: operatorLeafSeconds }, clock, log }),
    namespace: config.namespace,
    isLeading: () => leads(),
    clock,
    log,
  });
  const recall = memoryOf(deps, identity);
  const services = { ...throughGateway(config, identity), memory: recall?.memory, copies: blobsOf(config, identity) };
  const replica = deps.replica({ ...fromIdentity(identity, clock), broadcast, ...services });
  leads = () => replica.isLeading();
  const servers: RpcServer[] = [];
  replica.start();
  const started = identity.ready.then(async () => {
    servers.push(...(await openDoors(deps, identity, replica, { broadcast, model: services.model, memory: services.memory })));
    identity.onChanged(() => servers.forEach((server) => server.updateTls()));
  });
  return {
    started,
    notReady: () => [...replica.notReady(), ...(servers.length === 0 ? ['no certificate yet: the CA has not been read or made'] : [])],
    async stop() {
      await replica.stop().catch((error: unknown) => log.warn('could not stop leading in good order', { error: messageOf(error) }));
      identity.close();
      services.copies.close();
      recall?.close();
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** What only whoever holds the CA can give. */
function fromIdentity(identity: OperatorIdentity, clock: Clock): Pick<ReplicaDeps, 'signGrant' | 'caBundle'> {
  return {
    signGrant: ({ seconds, ...grant }) => identity.signGrant({ ...grant, expiresAt: clock.now() + seconds * 1000 }),
    caBundle: () => {
      const state = identity.authorities();
      return state && bundleOf(state);
    },
  };
}

/** The blob service as it is now. */
function blobsOf({ namespace, endpointsFile }: OperatorConfig, identity: OperatorIdentity): OperatorBlobs {
  return createOperatorBlobs({ namespace, credential: () => identity.credential(), address: endpointsFile === undefined ? blobsInDns(namespace) : blobsInFile(endpointsFile) });
}

/** What earlier missions have taught, where the mirror keeps it. */
function memoryOf({ config: { namespace, endpointsFile, memory }, clock, log }: ListenersDeps, identity: OperatorIdentity): { readonly memory: Memory; close(): void } | undefined {
  if (memory === 'None') return undefined;
  const client = createMemoryClient({ namespace, credential: () => identity.credential(), address: endpointsFile === undefined ? mirrorInDns(namespace) : mirrorInFile(endpointsFile) });
  return { memory: createMirrorMemory({ ask: (...asked) => client.recall(...asked), clock, log }), close: () => client.close() };
}

/** What the LLM gateway does for us, where the installation has one. */
function throughGateway(config: OperatorConfig, identity: OperatorIdentity): Pick<ReplicaDeps, 'model' | 'usage'> {
  if (config.llm === 'None') return { model: undefined, usage: undefined };
  const door = gatewayDoor(config, identity);
  return { model: createGatewayModel(door, config.plannerModel), usage: createGatewayUsage(door) };
}

/** The way to the LLM gateway as it is now. */
function gatewayDoor({ namespace, endpointsFile }: OperatorConfig, identity: OperatorIdentity): () => Promise<LlmClient | undefined> {
  const address = endpointsFile === undefined ? llmGatewayInDns(namespace) : llmGatewayInFile(endpointsFile);
  const dialer = createDialer(createLlmClient);
  return async () => {
    const found = await address.current();
    if (found === undefined) return undefined;
    const { certificate: cert, key, caBundle: ca } = identity.credential();
    return dialer.to({ baseUrl: `https://${found}`, tls: { ca, key, cert, servername: llmGatewayName(namespace) } });
  };
}

async function openDoors({ config, client, reviews, clock, log }: ListenersDeps, identity: OperatorIdentity, replica: Replica, { broadcast, model, memory }: { readonly broadcast: Broadcast; readonly model: Model | undefined; readonly memory: Memory | undefined }): Promise<RpcServer[]> {
  const { caches } = replica;
  const base = { bindAddress: config.bindAddress, tls: () => identity.credential(), clock, log };
  const authenticator = rememberReviews(reviews, clock);
  const enrolment = createEnrolmentService({
    review: (token, audience) => reviews.review(token, audience),
    livePod: (namespace, name) => livePod(caches, namespace, name),
    authorities: () => identity.authorities(),
    operatorNamespace: config.namespace,
    certificateSeconds: config.certificateSeconds,
    clock,
    log,
  });
  const work = createWorkService({
    leadership: () => replica.leadership(),
    leadershipChanged: () => replica.leadershipChanged(),
    knownTerm: () => replica.knownTerm(),
    isLivePod: (agent) => isLive(caches, agent),
    log,
  });
  const preview = model === undefined ? {} : { preview: { planner: createPlanner({ model, memory, clock, maxTokens: config.plannerMaxTokens, defaultModel: config.plannerModel }), pools: caches.pools.store } };
  const api = apiRoutes({ client, authenticator, missions: caches.missions.store, tasks: caches.tasks.store, explainer: () => replica.explainer(), broadcast, clock, ...preview });
  return Promise.all([
    createRpcServer({ ...base, name: 'enrolment', port: config.enrolmentPort, clientCertificate: 'none', routes: (router) => router.service(EnrolmentService, enrolment) }),
    createRpcServer({ ...base, name: 'work', port: config.workPort, clientCertificate: 'required', limits: workLimits, routes: (router) => router.service(WorkService, work) }),
    createRpcServer({ ...base, name: 'api', port: config.apiPort, clientCertificate: 'none', ...api }),
  ]);
}

function livePod(caches: Caches, namespace: string, name: string): LivePod | undefined {
  const pod = caches.pods.store.get({ namespace, name });
  if (pod === undefined || !isRunning(pod)) return undefined;
  const pool: AgentPool | undefined = caches.pools.store.get({ namespace, name: pod.pool });
  if (pool === undefined || pod.ownerUid !== pool.metadata.uid) return undefined;
  return { uid: pod.metadata.uid, poolName: pod.pool, serviceAccountName: pool.spec.template.serviceAccountName };
}

function isLive(caches: Caches, { uid, namespace, pool, pod }: AgentIdentity): boolean {
  return caches.pods.store.byIndex(byUid, uid).some((found) => isRunning(found) && found.pool === pool && found.metadata.namespace === namespace && found.metadata.name === pod);
}

function isRunning({ metadata, phase }: PoolPod): boolean {
  return metadata.deletionTimestamp === undefined && phase !== 'Failed' && phase !== 'Succeeded';
}
