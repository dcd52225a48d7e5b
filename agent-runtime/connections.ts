// Keeps one Work stream open to every replica of the operator: whoever leads next is connected already.
import type { OperatorAddress } from '#api/endpoints.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { jittered, type Random } from '#platform/ids.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Dialer } from './ports.ts';
import { openSession, type Session, type SessionDeps } from './session.ts';

const backoffMs = { first: 100, longest: 5000 } as const;
const lookAgainMs = 5000;
/** A stream that lived this long was no failure. */
const soundMs = 1000;

export interface Connections {
  /** Streams that have been answered and are open. */
  readonly open: number;
  /** Replaces every stream by a new one that says hello anew; the old one ends when the new one is answered. */
  renew(): void;
  /** Ends all streams. */
  stop(reason: string): Promise<void>;
}

export interface ConnectionsDeps extends Omit<SessionDeps, 'log'> {
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Starts connecting. */
export function keepConnected(deps: ConnectionsDeps): Connections {
  const stopping = new AbortController();
  const links = new Map<string, Link>();
  const following = new Set<Promise<void>>();

  const follow = (address: OperatorAddress): void => {
    const link = new Link(address.pod, deps, stopping.signal);
    links.set(address.pod, link);
    const end = link.keep(address).finally(() => {
      links.delete(address.pod);
      following.delete(end);
    });
    following.add(end);
  };
  const discover = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      const addresses = await addressesOf(deps);
      for (const address of addresses) if (!links.has(address.pod)) follow(address);
      await delay(deps.clock, addresses.length > 0 ? lookAgainMs : backoff(failures, deps.random), stopping.signal);
    }
  };
  const renew = () => links.forEach((link) => link.renew());
  const endRenewals = deps.dialer.onRenewed(renew);
  const discovery = discover();
  return {
    get open() {
      return [...links.values()].filter((link) => link.isOpen).length;
    },
    renew,
    stop: async (reason) => {
      endRenewals();
      stopping.abort();
      links.forEach((link) => link.close(reason));
      await Promise.all([discovery, ...following]);
    },
  };
}

/** The streams to one replica, one at a time. */
class Link {
  readonly #pod: string;
  readonly #deps: ConnectionsDeps;
  readonly #stopping: AbortSignal;
  /** Streams that are not over: more than one while one replaces another. */
  readonly #sessions = new Set<Session>();
  #isOpen = false;
  #renewal = Promise.withResolvers<'renew'>();

  constructor(pod: string, deps: ConnectionsDeps, stopping: AbortSignal) {
    this.#pod = pod;
    this.#deps = { ...deps, log: deps.log.with({ replica: pod }) };
    this.#stopping = stopping;
  }

  /** Whether a stream is open that was answered. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  renew(): void {
    this.#renewal.resolve('renew');
  }

  close(reason: string): void {
    for (const session of this.#sessions) session.close(reason);
  }

  /** Connects to `address`, and to wherever its pod is next, until the pod is gone. */
  async keep(address: OperatorAddress): Promise<void> {
    const { clock, random } = this.#deps;
    let failures = 0;
    for (let at: OperatorAddress | undefined = address; at !== undefined && !this.#stopping.aborted; at = await whereNow(this.#pod, at, this.#deps)) {
      const begun = clock.monotonic();
      await this.#serve(at);
      failures = clock.monotonic() - begun >= soundMs ? 0 : failures + 1;
      await delay(clock, backoff(failures, random), this.#stopping);
    }
  }

  /** Serves one stream, and those that replace it, until one ends by itself. */
  async #serve(address: OperatorAddress): Promise<void> {
    this.#renewal = Promise.withResolvers();
    let current = await this.#dial(address);
    while (current !== undefined) {
      this.#isOpen = await current.answered;
      const event = await Promise.race([current.ended, this.#renewal.promise]);
      if (event !== 'renew') break;
      this.#renewal = Promise.withResolvers();
      const next = await this.#dial(address);
      if (next === undefined || !(await next.answered)) continue;
      current.close('replaced by a newer stream');
      current = next;
    }
    this.#isOpen = false;
  }

  async #dial(address: OperatorAddress): Promise<Session | undefined> {
    try {
      const session = openSession(await this.#deps.dialer.connect(address), this.#deps);
      this.#sessions.add(session);
      void session.ended.then(() => this.#sessions.delete(session));
      if (this.#stopping.aborted) session.close('the agent leaves');
      return session;
    } catch (error) {
      this.#deps.log.debug('cannot reach a replica', { error: messageOf(error) });
      return undefined;
    }
  }
}

/** The pod's address now; the last one when the list cannot be had, undefined when the pod is not on it any more. */
async function whereNow(pod: string, last: OperatorAddress, { dialer }: ConnectionsDeps): Promise<OperatorAddress | undefined> {
  try {
    return (await dialer.addresses()).find((address) => address.pod === pod);
  } catch {
    return last;
  }
}

async function addressesOf({ dialer, log }: ConnectionsDeps): Promise<readonly OperatorAddress[]> {
  try {
    return await dialer.addresses();
  } catch (error) {
    log.debug('the addresses of the operator are not known', { error: messageOf(error) });
    return [];
  }
}

function backoff(failures: number, random: Random): number {
  return jittered(Math.min(backoffMs.longest, backoffMs.first * 2 ** failures), random);
}
