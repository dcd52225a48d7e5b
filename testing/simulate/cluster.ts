// A whole installation in one process: the API server double, terms of the operator that follow each other, and agents that a kubelet
// of twenty lines starts for the pods that the operator creates. What must never happen is noted while it runs.
import { blobUri } from '#api/blobs.ts';
import { OperatorConfig } from '#api/config/operator.ts';
import type { AgentIdentity } from '#api/identity.ts';
import { labels } from '#api/labels.ts';
import type { Task, TaskSpec } from '#api/v1alpha1/task.ts';
import { agentPools, approvals, missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { dependencyVerdict } from '#domain/dependency.ts';
import { byPlanName, dependencyObject } from '#domain/plan/newest.ts';
import { createCaches, type Caches } from '#operator/caches.ts';
import type { Model } from '#operator/planner/planner.ts';
import { startTerm, type Term } from '#operator/term/index.ts';
import type { BlobCopies } from '#operator/task/copies-port.ts';
import type { UsageSource } from '#operator/usage/book.ts';
import { systemClock } from '#platform/clock.ts';
import { createKubeClient, type WatchingClient } from '#platform/kube/client.ts';
import { KubeError } from '#platform/kube/error.ts';
import { configMaps, leases, namespaces, pods } from '#platform/kube/resources.ts';
import type { KubeObject } from '#platform/kube/types.ts';
import type { Assign } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { startFakeApiServer, type FakeApiServer, type JournalEntry } from '#testing/fake-apiserver/server.ts';
import { seeded } from '#testing/seeded.ts';
import { ScriptedAgent, type Script } from './agent.ts';

const operator = 'coditect-operator';

interface Reign {
  readonly term: Term;
  readonly caches: Caches;
  readonly client: WatchingClient;
  isOver: boolean;
}

export interface SimulationOptions {
  readonly seed: number;
  readonly script: Script;
  /** Tells what missions have used; unset: the installation has no LLM gateway. */
  readonly usage?: UsageSource;
  /** Makes plans; unset: nobody does. */
  readonly model?: Model;
}

/** Starts an API server without an operator; the first `lead()` brings one. */
export async function startSimulation(options: SimulationOptions): Promise<Simulation> {
  const server = await startFakeApiServer({ types: [missions, plans, approvals, tasks, agentPools, pods, namespaces, configMaps, leases], collectsGarbage: true });
  server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team-a' } });
  return new Simulation(server, options);
}

export class Simulation {
  readonly server: FakeApiServer;
  /** What a person does. */
  readonly user: WatchingClient;
  /** Sentences about what must never happen. */
  readonly violations: string[] = [];
  readonly random: () => number;
  /** Orders that agents got. */
  readonly orders: Assign[] = [];
  /** Addresses of the blobs that are kept: agents add theirs, and the operator has some copied. */
  readonly blobs = new Set<string>();
  /** The blob service, as far as the operator needs it. */
  copies: BlobCopies = {
    keep: async (from, ownerUid) => {
      if (this.blobs.has(blobUri(from))) this.blobs.add(blobUri({ ...from, ownerUid }));
      return this.blobs.has(blobUri({ ...from, ownerUid })) ? 'kept' : 'missing';
    },
  };
  readonly #script: Script;
  readonly #usage: UsageSource | undefined;
  readonly #model: Model | undefined;
  readonly #agents = new Map<string, ScriptedAgent>();
  readonly #kubelet: NodeJS.Timeout;
  #reign: Reign | undefined;
  #terms = 0;

  constructor(server: FakeApiServer, { seed, script, usage, model }: SimulationOptions) {
    this.server = server;
    this.random = seeded(seed);
    this.#script = script;
    this.#usage = usage;
    this.#model = model;
    this.user = createKubeClient(server.config, { userAgent: 'user', sockets: 2 });
    this.#kubelet = setInterval(() => this.#syncPods(), 10);
  }

  /** A replica with warm caches starts to lead; agents find it. */
  async lead(clean = false): Promise<void> {
    const reign: { isOver: boolean } = { isOver: false };
    const fence = () => {
      if (reign.isOver) throw new KubeError('lead', 'the lease is lost', { status: 0, reason: 'NotLeader' });
    };
    const client = createKubeClient(this.server.config, { userAgent: operator, guard: fence, sockets: 16 });
    const random = { next: this.random };
    const caches = createCaches({ client, namespace: undefined, home: 'coditect-system', clock: systemClock, random, log: silentLog, onRewind: () => {}, onState: () => {} });
    caches.start();
    await caches.synced;
    const nothing = () => {};
    const term = startTerm({
      config: OperatorConfig.parse({ llm: this.#usage === undefined ? 'None' : 'Gateway' }),
      term: ++this.#terms,
      clean,
      caches, client, fence, random,
      clock: systemClock,
      log: silentLog,
      signGrant: () => 'grant',
      copies: this.copies,
      caBundle: () => 'PEM',
      recorder: { record: nothing, stop: () => Promise.resolve(), dropped: 0 },
      broadcast: { said: nothing, progress: nothing, log: nothing, ended: nothing },
      model: this.#model,
      usage: this.#usage,
      deposedBy: (higher) => void this.violations.push(`term ${this.#terms} was deposed by ${higher}`),
      onBegan: nothing,
      onReconciled: nothing,
      onUsageAsked: nothing,
    });
    this.#reign = Object.assign(reign, { term, caches, client });
    for (const agent of this.#agents.values()) agent.connect(term.leadership);
  }

  /** The leader is gone from one moment to the next: nothing that it still does reaches anybody. */
  async crash(): Promise<void> {
    const reign = this.#reign;
    this.#reign = undefined;
    if (reign === undefined) return;
    reign.isOver = true;
    for (const agent of this.#agents.values()) agent.disconnect();
    // A turn that waits until the caches show its own write ends only while they run.
    await reign.term.stop();
    await reign.caches.stop();
    await reign.client.close();
  }

  /** The process of one agent ends with everything it had, and another one starts in its pod. */
  restartAgent(): void {
    const agent = this.agents[Math.floor(this.random() * this.agents.length)];
    if (agent === undefined) return;
    agent.kill();
    this.#employ(agent.identity);
  }

  /** Stores an object as it is. */
  put(object: KubeObject): void {
    this.server.put({ ...object });
  }

  mission(name = 'm'): Mission | undefined {
    return this.server.objects(missions.plural).find(({ metadata }) => metadata.name === name) as Mission | undefined;
  }

  tasks(): readonly Task[] {
    return this.server.objects(tasks.plural) as unknown as readonly Task[];
  }

  /** Why the tasks of mission `m` wait, as `task reason`. */
  explain(): readonly string[] {
    return this.#reign?.term.explainer.explain({ namespace: 'team-a', name: 'm' })?.map(({ task, reason }) => `${task} ${reason}`) ?? [];
  }

  get agents(): readonly ScriptedAgent[] {
    return [...this.#agents.values()];
  }

  /** What the operator wrote of a kind, as far as it was accepted. */
  writes(plural?: string): readonly JournalEntry[] {
    return this.server.writes().filter((entry) => entry.userAgent.startsWith(operator) && entry.status < 300 && (plural === undefined || entry.plural === plural));
  }

  async stop(): Promise<void> {
    clearInterval(this.#kubelet);
    await this.crash();
    for (const agent of this.#agents.values()) agent.kill();
    await this.user.close();
    await this.server.stop();
  }

  #syncPods(): void {
    const present = this.server.objects(pods.plural);
    const uids = new Set(present.map(({ metadata }) => metadata.uid));
    for (const [uid, agent] of this.#agents) {
      if (uids.has(uid)) continue;
      this.#agents.delete(uid);
      agent.kill();
    }
    for (const pod of present) if (!this.#agents.has(pod.metadata.uid)) this.#startAgent(pod);
  }

  #startAgent(pod: ReturnType<FakeApiServer['objects']>[number]): void {
    const { namespace, name, uid, labels: marks } = pod.metadata;
    const running = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], containerStatuses: [{ name: 'agent', restartCount: 0, state: { running: {} } }] };
    this.server.put({ ...pod, status: running });
    this.#employ({ namespace, pool: marks?.[labels.pool] ?? '', pod: name, uid });
  }

  #employ(identity: AgentIdentity): void {
    const agent = new ScriptedAgent(identity, { script: this.#script, latencyMs: () => this.random() * 4, onOrder: (order, spec) => this.#check(order, spec), onStored: (uri) => void this.blobs.add(uri) });
    this.#agents.set(identity.uid, agent);
    if (this.#reign !== undefined) agent.connect(this.#reign.term.leadership);
  }

  /** An order must be for a task that is undecided, runs nowhere, and whose dependencies have succeeded as the API server knows it. */
  #check(order: Assign, { dependsOn, missionRef, run, taskName = '' }: TaskSpec): void {
    const { taskUid } = order;
    this.orders.push(order);
    const siblings = this.tasks().filter(({ spec }) => spec.missionRef?.uid === missionRef?.uid && spec.run === run);
    const own = this.tasks().find(({ metadata }) => metadata.uid === taskUid);
    for (const name of dependsOn) {
      const dependency = meantBy(name, own, siblings);
      if (dependency === undefined || dependencyVerdict(dependency) !== 'satisfied') this.violations.push(`${taskName} was handed out before ${name} had succeeded`);
    }
    if (own?.status?.outcome !== undefined) this.violations.push(`${taskName} was handed out although it is decided`);
    if (this.agents.some((agent) => agent.runs(taskUid))) this.violations.push(`${taskName} was handed out although it runs`);
  }
}

function meantBy(name: string, task: Task | undefined, siblings: readonly Task[]): Task | undefined {
  const object = task && dependencyObject(task, name);
  return object === undefined ? byPlanName(siblings).get(name) : siblings.find(({ metadata }) => metadata.name === object);
}

/** Waits until `happened`; fails with `what` after half a minute. */
export async function until(what: string, happened: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!happened()) {
    if (performance.now() > end) throw new Error(`wait until ${what}: it did not happen within 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
