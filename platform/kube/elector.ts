// Who leads. A lease alone fences nothing: the term goes into every assignment, and fence() stops a leader whose renewals are late.
// All judgement is by the own monotonic clock; timers may fire late and are never trusted.
import { delay, type Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { jittered, type Random } from '#platform/ids.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { isKubeError, KubeError } from './error.ts';
import { highestUsableTerm, holderOf, releasedSpec, takenSpec, termOf, unchangedSince, type ElectorProfile, type Lease, type Noted } from './lease.ts';
import { formatMicroTime } from './micro-time.ts';
import { leases } from './resources.ts';
import type { KubeClient, ObjectKey } from './types.ts';

export interface ElectorOptions {
  /** On connections of its own, without a guard, with a deadline of at most half the renew deadline. */
  readonly client: Pick<KubeClient, 'get' | 'create' | 'mergePatch'>;
  /** The Lease object. */
  readonly key: ObjectKey;
  /** Unique per process: pod name and a UUID. */
  readonly identity: string;
  readonly profile: ElectorProfile;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The highest term in any object known here: a lost Lease must not make terms go back. */
  readonly highestTermSeen: () => number;
  /** Written to the Lease with each renewal; those that it does not name stay. Absent: none. */
  readonly annotations?: () => Readonly<Record<string, string>>;
  /** `clean`: the last holder had released the lease, or there was none. */
  readonly onLead: (won: { readonly term: number; readonly clean: boolean }) => void;
  /** Called once, when leading ended without stop(); the process must end. */
  readonly onLost: (reason: string) => void;
}

export interface Elector {
  start(): void;
  /** Stops leading and releases the lease, so that the next one takes over within its retry pause. */
  stop(): Promise<void>;
  /** Throws a KubeError with reason NotLeader unless the last successful renewal began within the renew deadline. */
  fence(): void;
  /** Makes sure that the next term is above `term`; call it before the process ends because it learned of a higher one. */
  raiseTerm(term: number): Promise<void>;
  /** The holder and term last seen in the Lease; the holder is empty when there is none. */
  readonly observed: { readonly holder: string; readonly term: number };
}

/** An elector that does nothing before start(). */
export function createElector(options: ElectorOptions): Elector {
  return new LeaseElector(options);
}

/** What was last seen and when it changed here, on the monotonic clock. */
interface Sighting {
  readonly lease: Lease;
  readonly changedAt: number;
}

class LeaseElector implements Elector {
  readonly #options: ElectorOptions;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #sighting: Sighting | undefined;
  /** Undefined unless leading: when the last successful renewal request began, on the monotonic clock. */
  #renewedAt: number | undefined;
  #lost = false;
  /** False also for a lease that was taken from a dead leader just before the end: released, it would look clean to the next one. */
  #mayRelease = false;

  constructor(options: ElectorOptions) {
    this.#options = options;
  }

  get observed(): { readonly holder: string; readonly term: number } {
    return { holder: holderOf(this.#sighting?.lease), term: termOf(this.#sighting?.lease) };
  }

  start(): void {
    this.#loop = this.#run();
  }

  fence(): void {
    const { clock, profile, key } = this.#options;
    const sinceMs = this.#renewedAt === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() - this.#renewedAt;
    if (sinceMs < profile.renewDeadlineMs) return;
    const said = this.#renewedAt === undefined ? 'this process does not lead' : `the last renewal of ${key.name} began ${Math.round(sinceMs)} ms ago`;
    throw new KubeError('write to the API server', said, { status: 0, reason: 'NotLeader' });
  }

  async stop(): Promise<void> {
    this.#renewedAt = undefined;
    this.#stopping.abort();
    await this.#loop;
    if (this.#mayRelease && !this.#lost) await this.#release();
  }

  async raiseTerm(term: number): Promise<void> {
    const wanted = Math.min(term, highestUsableTerm);
    await this.#change((lease) => (termOf(lease) < wanted ? { leaseTransitions: wanted } : undefined));
  }

  async #run(): Promise<void> {
    const { clock, profile, random } = this.#options;
    while (!this.#stopping.signal.aborted && !this.#lost) {
      try {
        if (this.#renewedAt === undefined) await this.#tryToLead();
        else await this.#renew();
      } catch (error) {
        // Somebody else was faster: the next look shows who.
        const level = isKubeError(error, 'Conflict', 'AlreadyExists') ? 'debug' : 'warn';
        this.#options.log[level]('the leader lease could not be read or written; trying again', { error: messageOf(error), leading: this.#renewedAt !== undefined });
      }
      await delay(clock, jittered(profile.retryMs, random), this.#stopping.signal);
    }
  }

  async #tryToLead(): Promise<void> {
    const { client, key, clock, identity, profile } = this.#options;
    const lease = await client.get<Lease>(leases, key);
    if (lease === undefined) {
      const beganAt = clock.monotonic();
      const term = this.#nextTerm(undefined);
      const created = await client.create<Lease>(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { ...key, ...this.#noted() }, spec: takenSpec(identity, term, profile.leaseMs, clock.now()) });
      return this.#lead(created, { beganAt, clean: true });
    }
    this.#see(lease);
    const released = holderOf(lease) === '';
    // Its own identity as the holder means that an earlier try got through but its reply did not.
    if (!released && holderOf(lease) !== identity && !this.#expired(lease)) return;
    const beganAt = clock.monotonic();
    const taken = takenSpec(identity, this.#nextTerm(lease), profile.leaseMs, clock.now());
    this.#lead(await client.mergePatch<Lease>(leases, key, unchangedSince(lease, taken, this.#noted())), { beganAt, clean: released });
  }

  #noted(): Noted {
    const annotations = this.#options.annotations?.() ?? {};
    return Object.keys(annotations).length === 0 ? {} : { annotations };
  }

  #nextTerm(lease: Lease | undefined): number {
    return Math.min(Math.max(termOf(lease), this.#options.highestTermSeen(), 0), highestUsableTerm) + 1;
  }

  #lead(lease: Lease, { beganAt, clean }: { readonly beganAt: number; readonly clean: boolean }): void {
    this.#see(lease);
    this.#mayRelease = clean || !this.#stopping.signal.aborted;
    if (this.#stopping.signal.aborted) return;
    this.#renewedAt = beganAt;
    this.#watchDeadline();
    this.#options.log.info('this process leads now', { term: termOf(lease), clean });
    try {
      this.#options.onLead({ term: termOf(lease), clean });
    } catch (error) {
      this.#lose(`it could not start to lead: ${messageOf(error)}`);
    }
  }

  async #renew(): Promise<void> {
    try {
      await this.#writeRenewal();
    } catch (error) {
      if (!isKubeError(error, 'Conflict', 'NotFound', 'LostReply')) throw error;
      // Either somebody else holds the Lease, or somebody edited it, or a write of this process went unnoticed.
      if (await this.#stillHolds()) await this.#writeRenewal();
    }
  }

  async #writeRenewal(): Promise<void> {
    const { client, key, clock } = this.#options;
    const known = this.#sighting?.lease;
    if (known === undefined) return;
    const beganAt = clock.monotonic();
    this.#see(await client.mergePatch<Lease>(leases, key, unchangedSince(known, { renewTime: formatMicroTime(clock.now()) }, this.#noted())));
    if (this.#renewedAt !== undefined) this.#renewedAt = beganAt;
  }

  async #stillHolds(): Promise<boolean> {
    const { client, key, identity } = this.#options;
    const lease = await client.get<Lease>(leases, key);
    if (lease !== undefined) this.#see(lease);
    if (holderOf(lease) === identity) return true;
    this.#lose(lease === undefined ? 'the Lease was deleted' : `the Lease is held by ${holderOf(lease) || 'nobody'}`);
    return false;
  }

  #see(lease: Lease): void {
    if (this.#sighting?.lease.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    this.#sighting = { lease, changedAt: this.#options.clock.monotonic() };
  }

  #expired(lease: Lease): boolean {
    const { clock, profile } = this.#options;
    const leaseMs = lease.spec?.leaseDurationSeconds === undefined ? profile.leaseMs : lease.spec.leaseDurationSeconds * 1000;
    return this.#sighting !== undefined && clock.monotonic() - this.#sighting.changedAt >= leaseMs;
  }

  /** Ends a leader that does nothing at the moment; one that does something is stopped by fence(), which needs no timer. */
  #watchDeadline(): void {
    if (this.#renewedAt === undefined) return;
    const { clock, profile } = this.#options;
    const leftMs = this.#renewedAt + profile.renewDeadlineMs - clock.monotonic();
    if (leftMs <= 0) this.#lose(`no renewal succeeded for ${profile.renewDeadlineMs} ms`);
    else clock.after(leftMs, () => this.#watchDeadline());
  }

  #lose(reason: string): void {
    if (this.#lost || this.#stopping.signal.aborted) return;
    this.#lost = true;
    this.#renewedAt = undefined;
    this.#options.log.error('this process no longer leads and must end', { reason });
    this.#options.onLost(reason);
  }

  async #release(): Promise<void> {
    const { identity, clock, log } = this.#options;
    try {
      await this.#change((lease) => (holderOf(lease) === identity ? releasedSpec(clock.now()) : undefined));
    } catch (error) {
      log.warn('the leader lease could not be released; the next leader waits until it expires', { error: messageOf(error) });
    }
  }

  /** Reads the Lease and patches what `change` wants, again when somebody else wrote in between. */
  async #change(change: (lease: Lease) => Lease['spec'] | undefined): Promise<void> {
    const { client, key } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const lease = await client.get<Lease>(leases, key);
      const spec = lease === undefined ? undefined : change(lease);
      if (lease === undefined || spec === undefined) return;
      try {
        this.#see(await client.mergePatch<Lease>(leases, key, unchangedSince(lease, spec)));
        return;
      } catch (error) {
        if (!isKubeError(error, 'Conflict') || attempt === 3) throw error;
      }
    }
  }
}
