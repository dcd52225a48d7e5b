// One replica of the operator: follows with warm caches, leads when it holds the lease, ends when it lost it.
import { names } from '#api/labels.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { newUuid } from '#platform/ids.ts';
import type { WatchingClient } from '#platform/kube/client.ts';
import { createElector, type Elector } from '#platform/kube/elector.ts';
import { electorProfiles } from '#platform/kube/lease.ts';
import { type Caches, createCaches } from './caches.ts';
import type { Leadership } from './fleet/work/service.ts';
import type { OperatorMetrics } from './metrics.ts';
import type { Explainer } from './scheduler/explain.ts';
import { startTerm, type Term, type TermDeps } from './term/index.ts';

/** What a replica is made from; a term gets its share of it. */
export interface ReplicaDeps extends Pick<TermDeps, 'config' | 'recorder' | 'signGrant' | 'copies' | 'caBundle' | 'broadcast' | 'model' | 'memory' | 'usage' | 'clock' | 'random' | 'log'> {
  /** For reads, watches and everything a leader writes; `guard` is asked before each write. */
  readonly client: (guard: () => void) => WatchingClient;
  /** For the lease alone: on connections of its own. */
  readonly leaseClient: WatchingClient;
  readonly metrics: OperatorMetrics;
  /** Ends the process: it may not go on. */
  readonly exit: (reason: string) => void;
}

export interface Replica {
  readonly caches: Caches;
  leadership(): Leadership | undefined;
  explainer(): Explainer | undefined;
  isLeading(): boolean;
  knownTerm(): number;
  /** Resolves at the next change of leadership. */
  leadershipChanged(): Promise<void>;
  /** Why this replica cannot serve yet; empty when it can. */
  notReady(): readonly string[];
  start(): void;
  /** Gives the lease back, so that the next one takes over at once. */
  stop(): Promise<void>;
}

/** A replica that does nothing before start(). */
export function createReplica(deps: ReplicaDeps): Replica {
  return new ElectedReplica(deps);
}

class ElectedReplica implements Replica {
  readonly caches: Caches;
  readonly #deps: ReplicaDeps;
  readonly #client: WatchingClient;
  readonly #elector: Elector;
  #term: Term | undefined;
  #synced = false;
  #stopped: Promise<void> | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(deps: ReplicaDeps) {
    this.#deps = deps;
    this.#client = deps.client(() => this.#elector.fence());
    this.caches = this.#createCaches();
    this.#elector = this.#createElector();
  }

  leadership(): Leadership | undefined {
    return this.#term?.leadership;
  }

  explainer(): Explainer | undefined {
    return this.#term?.explainer;
  }

  isLeading(): boolean {
    return this.#term !== undefined;
  }

  knownTerm(): number {
    return this.#elector.observed.term;
  }

  leadershipChanged(): Promise<void> {
    return this.#changed.promise;
  }

  notReady(): readonly string[] {
    return this.#synced ? [] : ['the caches are not filled yet: the API server has not answered'];
  }

  start(): void {
    this.caches.start();
    void this.caches.synced.then(() => {
      this.#synced = true;
      if (this.#stopped === undefined) this.#elector.start();
    });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    const term = this.#term;
    // First of all, so that agents whose streams end now do not come back to this replica.
    this.#change(undefined);
    await term?.stop();
    await this.#elector.stop();
    await this.caches.stop();
    await this.#client.close();
  }

  #createCaches(): Caches {
    const { config, clock, random, log, metrics, exit } = this.#deps;
    return createCaches({
      client: this.#client,
      home: config.namespace,
      namespace: config.watchNamespace === '' ? undefined : config.watchNamespace,
      clock,
      random,
      log,
      onRewind: () => exit('the versions of the API server went back: it was restored from a backup'),
      onState: (plural, state) => metrics.reflector(plural, state),
    });
  }

  #createElector(): Elector {
    const { config, leaseClient, clock, random, log, exit } = this.#deps;
    return createElector({
      client: leaseClient,
      key: { namespace: config.namespace, name: names.lease },
      identity: `${config.podName}_${newUuid()}`,
      profile: electorProfiles[config.leaderElection],
      clock,
      random,
      log,
      highestTermSeen: () => highestTerm(this.caches.tasks.store.list()),
      onLead: (won) => this.#lead(won),
      onLost: exit,
    });
  }

  #lead({ term, clean }: { readonly term: number; readonly clean: boolean }): void {
    const { metrics } = this.#deps;
    this.#change(
      startTerm({
        ...this.#deps,
        term,
        clean,
        caches: this.caches,
        client: this.#client,
        fence: () => this.#elector.fence(),
        deposedBy: (higher) => this.#deposed(higher),
        onBegan: (waitedMs) => metrics.began(waitedMs),
        onReconciled: (kind, result, ms) => metrics.reconciled(kind, result, ms),
        onUsageAsked: (result) => metrics.usageAsked(result),
      }),
    );
  }

  #deposed(higher: number): void {
    void this.#elector.raiseTerm(higher).finally(() => this.#deps.exit(`an agent has seen term ${higher}: somebody else leads`));
  }

  #change(term: Term | undefined): void {
    this.#term = term;
    this.#deps.metrics.leading(term !== undefined);
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}

/** The highest term that any Task names: a Lease that was lost must not make terms go back. */
function highestTerm(tasks: readonly Task[]): number {
  const terms = tasks.flatMap(({ status }) => [status?.assignment?.epoch, status?.outcome?.epoch, status?.attempts?.at(-1)?.epoch]).map((epoch) => epoch?.term ?? 0);
  return terms.reduce((highest, term) => Math.max(highest, term), 0);
}
