// Where the models of one arm are: a real gateway in this process, a cluster double with the missions that pay, and behind it a provider.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LlmGatewayConfig } from '#api/config/llm-gateway.ts';
import type { Account, Usage } from '#api/llm.ts';
import { agentPools, missions, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { createGateway } from '#agent-runtime/llm/gateway.ts';
import type { Model } from '#agent-runtime/llm/model.ts';
import { createModels } from '#agent-runtime/llm/patience.ts';
import { startLlmService } from '#llm-gateway/service.ts';
import { grantOf } from '#llm-gateway/testing.ts';
import { watchMissions } from '#llm-gateway/wiring.ts';
import { createGatewayModel } from '#operator/planner/gateway-model.ts';
import type { Model as PlannerModel } from '#operator/planner/planner.ts';
import { createLlmClient, createLlmConversations } from '#platform/anthropic/client.ts';
import { createUpstream } from '#platform/anthropic/upstream.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { createKubeClient } from '#platform/kube/client.ts';
import { llmGatewayName } from '#platform/rpc/tls.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { type FakeApiServer, startFakeApiServer } from '#testing/fake-apiserver/server.ts';
import { strongModel } from './arms.ts';
import type { Certificates } from './certificates.ts';

/** Where models are, and who pays. */
export interface Provider {
  readonly url: string;
  readonly key: string;
}

export interface OfficeOptions {
  readonly people: Certificates;
  readonly provider: Provider;
  /** Whether answers are kept, and calls in flight shared. */
  readonly reuse: boolean;
  /** Most that all missions of it may spend, in US dollars. */
  readonly maxUsd: string;
}

export interface Office {
  readonly planner: PlannerModel;
  /** Makes a mission known, so that it may spend. */
  readonly admit: (mission: Mission) => Account;
  /** A model for the task of a mission. */
  readonly modelFor: (account: Account, signal: AbortSignal) => Model;
  /** What the books of the gateway say. */
  readonly usageOf: (account: Account) => Promise<Usage>;
  readonly close: () => Promise<void>;
}

const taskUidOf = ({ missionUid }: Pick<Account, 'missionUid'>) => `task-of-${missionUid}`;
const hourMs = 3_600_000;
const keptBytes = 268_435_456;
const callSeconds = 300;

/** Opens it; whoever opens it closes it. */
export async function openOffice({ people, ...options }: OfficeOptions): Promise<Office> {
  const { address, cluster, close } = await startGateway(people, options);
  const { caBundle: ca, certificate: cert, key } = people.operator;
  const operator = createLlmClient({ baseUrl: `https://${address}`, tls: { ca, cert, key, servername: llmGatewayName('sys') } });
  const agents = createGateway({ address: { current: async () => address }, namespace: 'sys', credential: () => people.agent, dial: createLlmConversations });
  const models = createModels({ ask: agents.ask, defaultModel: strongModel, clock: systemClock, random: systemRandom });
  return {
    planner: createGatewayModel(async () => operator, strongModel),
    admit: (mission) => {
      const account = accountOf(mission);
      // The double takes any object of a kind that it knows.
      cluster.put(mission as unknown as Parameters<typeof cluster.put>[0]);
      cluster.put({ apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: { namespace: account.namespace, name: `${account.mission}-mend`, uid: taskUidOf(account) }, spec: {}, status: {} });
      return account;
    },
    modelFor: (account, signal) => models.under(() => grantOf(people, { account: { ...account, taskUid: taskUidOf(account), purpose: 'work' }, expiresAt: Date.now() + hourMs }), signal),
    usageOf: async ({ missionUid }) => {
      const answer = await operator.usage(missionUid);
      if (answer.kind !== 'told') throw new Error(`read the usage of ${missionUid}: ${answer.message}; look at the gateway`);
      return answer.usage;
    },
    close: async () => {
      await Promise.all([operator.close(), agents.close()]);
      await close();
    },
  };
}

interface RunningGateway {
  /** `host:port`. */
  readonly address: string;
  readonly cluster: FakeApiServer;
  readonly close: () => Promise<void>;
}

async function startGateway(people: Certificates, { provider, reuse, maxUsd }: Omit<OfficeOptions, 'people'>): Promise<RunningGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-office-'));
  const keyFile = join(folder, 'key');
  await writeFile(keyFile, provider.key, { mode: 0o600 });
  const cluster = await startFakeApiServer({ types: [missions, tasks, agentPools] });
  const kube = createKubeClient(cluster.config, { userAgent: 'bench' });
  const environment = { clock: systemClock, random: systemRandom, log: silentLog };
  const watches = watchMissions({ ...environment, client: kube });
  const upstream = createUpstream({ baseUrl: provider.url, keyFile, callMs: callSeconds * 1000, idleMs: 90_000 });
  const settings = LlmGatewayConfig.parse({ folder: join(folder, 'journal'), keyFile, tokenFile: 'unused', bindAddress: '127.0.0.1', missionMaxUsd: maxUsd, tenantMaxUsd: maxUsd, callSeconds, cacheMaxBytes: reuse ? keptBytes : 0, singleFlight: reuse ? 'on' : 'off' });
  const enrolment = { ready: Promise.resolve(), current: () => people.gateway, onRenewed: () => () => {}, close: () => {} };
  const service = await startLlmService({ ...environment, config: { ...settings, llmPort: 0 }, enrolment, watches, upstream, metrics: createMetrics('llm-gateway', '0') });
  const close = async () => {
    await service.close();
    await Promise.all([watches.close(), upstream.close()]);
    await kube.close();
    await cluster.stop();
    await rm(folder, { recursive: true });
  };
  return { address: `127.0.0.1:${service.port}`, cluster, close };
}

function accountOf({ metadata: { namespace, name, uid } }: Mission): Account {
  return { namespace, namespaceUid: `ns-${namespace}`, mission: name, missionUid: uid, purpose: 'plan' };
}
