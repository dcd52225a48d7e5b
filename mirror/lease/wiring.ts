// One mirror of an installation at a time: the second waits until the first has ended. On the Lease the holder says how its parts are.
import { annotations, names } from '#api/labels.ts';
import { type PartReports, writeParts } from '#api/mirrored.ts';
import { type Clock, delay } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import { createElector, type Elector, type ElectorOptions } from '#platform/kube/elector.ts';
import type { ElectorProfile } from '#platform/kube/lease.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { type PartNow, reportsOf } from './decide/report.ts';

export interface LeaseOptions {
  readonly client: ElectorOptions['client'];
  /** Namespace of the installation. */
  readonly namespace: string;
  /** Unique for each process. */
  readonly identity: string;
  readonly profile: ElectorProfile;
  /** The parts as they are; undefined before there are any: then what was said last stays. */
  readonly parts: () => readonly PartNow[] | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Called once when the lease is lost; the process must end, as another one may tell already. */
  readonly onLost: (reason: string) => void;
}

export interface MirrorLease {
  /** Resolves with true when this process may begin, with false when it was stopped before. */
  readonly held: Promise<boolean>;
  isHeld(): boolean;
  /** Why this process does nothing; undefined while it holds the lease. */
  waiting(): string | undefined;
  /** Gives the lease back; the next one takes it at once. */
  stop(): Promise<void>;
}

/** Begins to ask for the lease. */
export function holdLease(options: LeaseOptions): MirrorLease {
  return new HeldLease(options);
}

class HeldLease implements MirrorLease {
  readonly held: Promise<boolean>;
  readonly #options: LeaseOptions;
  readonly #elector: Elector;
  readonly #stopping = new AbortController();
  readonly #decide: (isHeld: boolean) => void;
  #isHeld = false;
  #reports: PartReports = {};

  constructor(options: LeaseOptions) {
    const { client, namespace, identity, profile, clock, random, log, onLost } = options;
    const held = Promise.withResolvers<boolean>();
    [this.held, this.#decide, this.#options] = [held.promise, held.resolve, options];
    this.#elector = createElector({
      client, identity, profile, clock, random, log,
      key: { namespace, name: names.mirror },
      highestTermSeen: () => 0,
      annotations: () => this.#noted(),
      onLead: () => {
        this.#isHeld = true;
        held.resolve(true);
      },
      onLost: (reason) => {
        this.#isHeld = false;
        onLost(reason);
      },
    });
    this.#elector.start();
    void this.#sayWhoTells();
  }

  isHeld(): boolean {
    return this.#isHeld;
  }

  waiting(): string | undefined {
    if (this.#isHeld) return undefined;
    const { holder } = this.#elector.observed;
    return holder === '' ? `the Lease ${names.mirror} is not held yet: the API server has not answered` : `another mirror tells for this installation: ${holder} holds the Lease ${names.mirror}; this one waits until it ends`;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#decide(false);
    this.#isHeld = false;
    await this.#elector.stop();
  }

  #noted(): Readonly<Record<string, string>> {
    const parts = this.#options.parts();
    if (parts === undefined) return {};
    this.#reports = reportsOf(this.#reports, parts, this.#options.clock.now());
    return { [annotations.parts]: writeParts(this.#reports) };
  }

  async #sayWhoTells(): Promise<void> {
    const { clock, profile, log } = this.#options;
    for (let said = ''; !this.#isHeld && !this.#stopping.signal.aborted; await delay(clock, profile.retryMs, this.#stopping.signal)) {
      const { holder } = this.#elector.observed;
      if (holder !== said && holder !== '') log.info(this.waiting() ?? '', { holder });
      said = holder;
    }
  }
}
