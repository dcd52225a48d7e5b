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
    const link = createLink(address.pod, deps, stopping.signal);
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
      return [...links.values()].filter((link) => link.isOpen()).length;
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

interface Link {
  /** Connects to `address`, and to wherever its pod is next, until the pod is gone. */
  keep(address: OperatorAddress): Promise<void>;
  isOpen(): boolean;
  renew(): void;
  close(reason: string): void;
}

function createLink(pod: string, deps: ConnectionsDeps, stopping: AbortSignal): Link {
  const log = deps.log.with({ replica: pod });
  let current: Session | undefined;
  let answered = false;
  let wanted = Promise.withResolvers<void>();

  const dial = async (address: OperatorAddress): Promise<Session | undefined> => {
    try {
      const session = openSession(await deps.dialer.connect(address), { ...deps, log });
      if (stopping.aborted) session.close('the agent leaves');
      return session;
    } catch (error) {
      log.debug('cannot reach a replica', { error: messageOf(error) });
      return undefined;
    }
  };
  /** Serves one stream and those that replace it; the reason of the end. */
  const serve = async (address: OperatorAddress): Promise<void> => {
    current = await dial(address);
    while (current !== undefined) {
      answered = await current.answered;
      const over = current.ended.then((reason) => log.info('stream ended', { reason }));
      const event = await Promise.race([over.then(() => 'over' as const), wanted.promise.then(() => 'renew' as const)]);
      if (event === 'over') break;
      wanted = Promise.withResolvers();
      const next = await dial(address);
      if (next === undefined || !(await next.answered)) continue;
      current.close('replaced by a newer stream');
      current = next;
    }
    current = undefined;
    answered = false;
  };
  return {
    keep: async (address) => {
      let failures = 0;
      for (let at: OperatorAddress | undefined = address; at !== undefined && !stopping.aborted; at = await whereNow(pod, at, deps)) {
        const begun = deps.clock.monotonic();
        await serve(at);
        failures = deps.clock.monotonic() - begun >= soundMs ? 0 : failures + 1;
        await delay(deps.clock, backoff(failures, deps.random), stopping);
      }
    },
    isOpen: () => answered,
    renew: () => wanted.resolve(),
    close: (reason) => current?.close(reason),
  };
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
