// The whole way of a lesson: a mission that plans wrongly, plans again and succeeds; its events, the memory, the recall over TLS, and a second mission of its kind that plans rightly at once, cites what it was told, and costs less.
// The model is scripted and sees nothing but its prompt; what tasks come to is decided here, by one rule of the world: only WriteCode mends.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { roleUri } from '#api/identity.ts';
import { costOf } from '#domain/cost/prices.ts';
import { microUsdOf } from '#domain/cost/money.ts';
import type { Revision } from '#domain/planning/revision.ts';
import { chromaIsAbsent, startTestChroma } from '#devcluster/services/chroma/testing.ts';
import { createMirrorMemory } from '#operator/planner/mirror-memory.ts';
import { createPlanner, type Memory, type Model, type PlanDraft, type PlannerQuestion } from '#operator/planner/planner.ts';
import { createChroma } from '#platform/chroma/client.ts';
import type { Chroma } from '#platform/chroma/types.ts';
import { systemClock } from '#platform/clock.ts';
import { hashingEmbedder } from '#platform/embedding/hashing.ts';
import { createLocalEmbedder } from '#platform/embedding/local.ts';
import type { Embedder } from '#platform/embedding/types.ts';
import { createAuthority, createLeaf } from '#platform/rpc/certificates.ts';
import { createMemoryClient } from '#platform/rpc/memory-client.ts';
import { createRpcServer } from '#platform/rpc/servers.ts';
import { mirrorName } from '#platform/rpc/tls.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { learningPolicy } from '#testing/llm/policies/plan/learn.ts';
import { type ModelServer, startModelServer } from '#testing/llm/server.ts';
import { aLog } from '../sinks/clickhouse/testing.ts';
import { FakeChroma } from './fake-chroma.ts';
import { recallRoutes } from './routes.ts';
import { startMemorySink } from './sink.ts';
import { MemoryStore } from './store.ts';
import { ToldMission } from './testing.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const modelName = 'claude-sonnet-5-5';
const goals = [{ name: 'works', description: 'The format of the code is right.', check: { command: { command: ['npm', 'test'], from: 'mend' } } }];

/** A mission of one kind; each has a name and words of its own. */
const missionOf = (name: string, goal: string) => aMission(name).spec({ goal, goals, planner: { maxTasks: 4 }, workspace: { git: { url: 'https://git.example/r' } }, failurePolicy: 'Replan' }).build();

/** The scripted model over HTTP, with the bill of a gateway. */
function modelAt({ url }: ModelServer): Model {
  return {
    async complete({ system, messages, maxTokens }) {
      const response = await fetch(`${url}/v1/messages`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-api-key': 'k', 'anthropic-version': '2023-06-01' }, body: JSON.stringify({ model: modelName, max_tokens: maxTokens, system, messages }) });
      const { content, stop_reason: stopReason, usage } = (await response.json()) as { content: { text: string }[]; stop_reason: string; usage: { input_tokens: number; output_tokens: number } };
      const tokens = { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens, cacheReadTokens: 0, cacheWriteTokens: 0 };
      return { kind: 'answered', text: content[0]?.text ?? '', stopReason, model: modelName, usage: { ...tokens, costMicroUsd: costOf(modelName, { ...tokens, cacheWriteHourTokens: 0 }) } };
    },
  };
}

/** The memory of a mirror, asked with the certificate of an operator. */
async function aMemory(chroma: Chroma, embedder: Embedder) {
  const [log, store] = [aLog(), new MemoryStore(chroma, embedder)];
  let lessons = 0;
  const part = startMemorySink({ store, reader: log.reader, limits: { most: 5000, days: 3650 }, clock: systemClock, log: silentLog, onKept: (kept) => (lessons += kept.lessons), onForgotten: () => {} });
  closers.push(() => part.close());
  const authority = await createAuthority(Date.now());
  const leaf = async (usage: 'client' | 'server') => ({ ...(await createLeaf(authority, { uri: roleUri(usage === 'client' ? 'operator' : 'mirror'), ...(usage === 'server' ? { dnsNames: [mirrorName('sys')] } : {}), usage, lifetimeSeconds: 600 }, Date.now())), caBundle: authority.certificate });
  const [shown, own] = [await leaf('server'), await leaf('client')];
  const deps = { authenticator: { review: async () => undefined, allowed: async () => false }, truth: { missions: () => [] }, store, clock: systemClock, onFault: () => {}, onRecalled: () => {} };
  const server = await createRpcServer({ name: 'intake', port: 0, bindAddress: '127.0.0.1', tls: () => shown, clientCertificate: 'required', routes: recallRoutes(deps).routes, clock: systemClock, log: silentLog });
  closers.push(() => server.close());
  const client = createMemoryClient({ address: { current: async () => `127.0.0.1:${server.port}` }, namespace: 'sys', credential: () => own });
  closers.push(() => client.close());
  const learned = (mission: ToldMission, wanted: number) => {
    log.add(mission.events);
    return vi.waitFor(() => expect(lessons).toBe(wanted), { timeout: 20_000 });
  };
  return { memory: createMirrorMemory({ ask: (...asked) => client.recall(...asked), clock: systemClock, log: silentLog }), learned };
}

interface Carried {
  readonly told: ToldMission;
  readonly plans: readonly PlanDraft[];
  readonly costMicroUsd: number;
}

/** A mission from its first plan to its end; a plan whose `mend` is not WriteCode leaves the goal unmet. */
async function carryOut(mission: PlannerQuestion['mission'], model: Model, memory: Memory | undefined): Promise<Carried> {
  const planner = createPlanner({ model, memory, clock: systemClock, maxTokens: 8000, defaultModel: modelName });
  const told = new ToldMission({ name: mission.metadata.name, goal: mission.spec.goal, spec: { ...mission.spec } as object });
  const base: PlannerQuestion = { mission, pools: [aPool().of('Coder', 'Tester').build()], limits: { maxTasks: 10 }, account: { namespace: 'team-a', namespaceUid: 'n', mission: mission.metadata.name, missionUid: told.uid, purpose: 'plan' } };
  const plans: PlanDraft[] = [];
  for (let revision: Revision | undefined; plans.length < 3; ) {
    const outcome = await planner.plan(revision === undefined ? base : { ...base, revision }, new AbortController().signal);
    if (outcome.kind !== 'made' || outcome.plan.verdict !== 'Accepted') throw new Error(`no plan: ${JSON.stringify(outcome)}`);
    plans.push(outcome.plan);
    told.carriedOut(outcome.plan);
    if (outcome.plan.tasks.some(({ name, intent }) => name === 'mend' && intent.action === 'WriteCode')) break;
    told.goals({ name: 'works', state: 'Unmet', reason: 'CommandFailed', evidence: 'npm test ended with 1' });
    revision = revisionOf(told, outcome.plan);
  }
  told.end({ name: 'works', state: 'Met', reason: 'CommandPassed' });
  return { told, plans, costMicroUsd: plans.reduce((sum, { usage }) => sum + microUsdOf(usage.costUsd), 0) };
}

function revisionOf(told: ToldMission, plan: PlanDraft): Revision {
  const made = told.events.findLast(({ type }) => type.includes('plan.made'))?.data as unknown as { name: string; uid: string; spec: Revision['plan']['spec'] };
  const metadata = { name: made.name, uid: made.uid, namespace: 'team-a', resourceVersion: '1', generation: 1, creationTimestamp: plan.plannedTime };
  return { plan: { apiVersion: 'coditect.ai/v1alpha1', kind: 'Plan', metadata, spec: made.spec }, run: 1, reason: 'GoalsUnmet', message: 'goal works not met: npm test ended with 1', tasks: plan.tasks.map(({ name }) => ({ name, outcome: 'Succeeded', changedFiles: true })), goals: [{ name: 'works', state: 'Unmet', reason: 'CommandFailed', evidence: 'npm test ended with 1' }], earlier: [] };
}

const stores: Record<string, { isAbsent: string | undefined; open: () => Promise<Chroma>; embedder: () => Embedder }> = {
  'a memory that is a double, with words counted': { isAbsent: undefined, open: async () => new FakeChroma(), embedder: () => hashingEmbedder },
  'a real Chroma over TLS, with the model of the package': {
    isAbsent: chromaIsAbsent,
    open: async () => {
      const server = await startTestChroma({ tls: 'mutual' });
      closers.push(() => server.stop());
      return createChroma({ url: server.url, insecure: false, tenant: 'default_tenant', timeoutMs: 5000, caFile: server.files?.ca, certificateFile: server.files?.certificate, keyFile: server.files?.key }, systemClock);
    },
    embedder: createLocalEmbedder,
  },
};

for (const [name, { isAbsent, open, embedder }] of Object.entries(stores)) {
  describe.skipIf(isAbsent !== undefined)(`${name}${isAbsent === undefined ? '' : ` (SKIPPED: ${isAbsent})`}`, () => {
    test('the second mission of a kind cites a lesson and costs less', async () => {
      const server = await startModelServer({ policy: learningPolicy });
      closers.push(() => server.close());
      const model = modelAt(server);
      const { memory, learned } = await aMemory(await open(), embedder());
      const first = await carryOut(missionOf('first', 'Tidy up the invoice module until its tests pass.'), model, memory);
      expect(first.plans.map(({ lessons = [], promptVersion, tasks }) => [tasks.find(({ name: task }) => task === 'mend')?.intent.action, lessons.length, promptVersion])).toEqual([['FormatCode', 0, 'v2'], ['WriteCode', 0, 'v2']]);
      await learned(first.told, 2);

      const second = await carryOut(missionOf('second', 'Tidy up the payment module until its tests pass.'), model, memory);
      expect(second.plans.map(({ promptVersion, tasks }) => [tasks.find(({ name: task }) => task === 'mend')?.intent.action, promptVersion])).toEqual([['WriteCode', 'v3']]);
      const ids = first.told.events.map(({ data }) => (data as { uid?: string }).uid);
      expect(second.plans[0]?.lessons).toHaveLength(2);
      for (const id of second.plans[0]?.lessons ?? []) expect(ids).toContain(id);
      expect(second.costMicroUsd).toBeLessThan(first.costMicroUsd * 0.75);

      // Without the memory the same mission makes the same mistake again.
      const forgetful = await carryOut(missionOf('third', 'Tidy up the payment module until its tests pass.'), model, undefined);
      expect(forgetful.plans).toHaveLength(2);
      expect(second.costMicroUsd).toBeLessThan(forgetful.costMicroUsd * 0.75);
    }, 90_000);
  });
}
