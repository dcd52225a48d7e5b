// Who asks, whether he may, and how often: every request passes here before anything is looked up. A refusal tells nothing of what there is.
import type { AccessRequest, Authenticator, User } from '#api/access.ts';
import { group } from '#api/v1alpha1/kinds.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { userOf } from '#platform/rpc/auth.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { createRates, type Rates } from './rates.ts';

/** What somebody wants to read, in the words of Kubernetes. An empty namespace means all. */
export interface Wish {
  readonly verb: 'get' | 'list';
  readonly resource: 'missions' | 'tasks' | 'plans' | 'approvals' | 'agentpools';
  readonly namespace: string;
  readonly name?: string;
}

export interface Caller {
  readonly user: User;
  /** As it came, to ask others with it. */
  readonly authorization: string;
}

/** Why a request goes no further. */
export interface Refusal {
  readonly status: 401 | 403 | 429 | 503;
  readonly error: string;
  readonly next: string;
}

export type Entry = { readonly kind: 'in'; readonly caller: Caller } | ({ readonly kind: 'refused' } & Refusal);

export interface Gate {
  /** Lets in who has a valid token and asks no oftener than he may. */
  enter(authorization: string | undefined): Promise<Entry>;
  /** Undefined when he may do all of it. */
  refuses(caller: Caller, wishes: readonly Wish[]): Promise<Refusal | undefined>;
  /** Those of these namespaces of which he may list a kind; asking is no misdeed, so nothing is written down. */
  allowed(caller: Caller, resource: Wish['resource'], namespaces: readonly string[]): Promise<ReadonlySet<string>>;
}

export interface GateOptions {
  readonly authenticator: Authenticator;
  readonly requestsPerSecond: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Log;
  /** Told of each refusal, by its status. */
  readonly onRefusal: (status: number) => void;
}

/** Tokens that turned out to be none: each costs the API server a review. */
const wrongTokensPerSecond = 20;
const atOnce = 8;

export function createGate(options: GateOptions): Gate {
  const { authenticator, requestsPerSecond, clock, log, onRefusal } = options;
  const rates = createRates({ perSecond: requestsPerSecond, burst: requestsPerSecond * 4, clock });
  const wrong = createRates({ perSecond: wrongTokensPerSecond, burst: wrongTokensPerSecond * 2, clock });
  const audited = (who: string, wish: Partial<Wish>, refusal: Refusal): Refusal => {
    onRefusal(refusal.status);
    log.warn('a request was refused', { audit: 'console.refused', asker: who, verb: wish.verb, resource: wish.resource, tenant: wish.namespace, name: wish.name, status: refusal.status });
    return refusal;
  };
  return {
    async enter(authorization) {
      if (!wrong.has('')) return { kind: 'refused', ...audited('', {}, tooMany) };
      const user = await asked(() => userOf(authenticator, authorization));
      if (user.kind === 'unknown') return { kind: 'refused', ...audited('', {}, unavailable(user.why)) };
      if (user.value === undefined) return { kind: 'refused', ...audited('', {}, strangerAt(wrong)) };
      if (!rates.take(user.value.username)) return { kind: 'refused', ...audited(user.value.username, {}, tooMany) };
      return { kind: 'in', caller: { user: user.value, authorization: authorization ?? '' } };
    },
    async refuses({ user }, wishes) {
      for (const wish of wishes) {
        const may = await asked(() => authenticator.allowed(user, requestOf(wish)));
        if (may.kind === 'unknown') return audited(user.username, wish, unavailable(may.why));
        if (!may.value) return audited(user.username, wish, forbidden(user, wish));
      }
      return undefined;
    },
    async allowed({ user }, resource, namespaces) {
      const found = new Set<string>();
      for (let at = 0; at < namespaces.length; at += atOnce) {
        const some = namespaces.slice(at, at + atOnce);
        const answers = await Promise.all(some.map((namespace) => asked(() => authenticator.allowed(user, requestOf({ verb: 'list', resource, namespace })))));
        for (const [index, answer] of answers.entries()) if (answer.kind === 'known' && answer.value) found.add(some[index] ?? '');
      }
      return found;
    },
  };
}

function requestOf({ verb, resource, namespace, name }: Wish): AccessRequest {
  return { verb, group, resource, namespace, ...(name === undefined ? {} : { name }) };
}

function strangerAt(wrong: Rates): Refusal {
  wrong.take('');
  return { status: 401, error: 'the bearer token is missing or not valid here', next: 'log in to the cluster again and repeat kubectl mission dashboard' };
}

const tooMany: Refusal = { status: 429, error: 'too many requests', next: 'wait a moment' };

function unavailable(why: string): Refusal {
  return { status: 503, error: `cannot ask the API server who asks: ${why}`, next: 'try again in a moment' };
}

function forbidden({ username }: User, { verb, resource, namespace, name }: Wish): Refusal {
  const what = `${verb} ${resource}.${group}${name === undefined ? '' : ` ${name}`}`;
  return { status: 403, error: `user ${username} may not ${what} in ${namespace === '' ? 'all namespaces' : `namespace ${namespace}`}`, next: 'ask for a Role that allows it, for example coditect-viewer' };
}

type Known<T> = { readonly kind: 'known'; readonly value: T } | { readonly kind: 'unknown'; readonly why: string };

async function asked<T>(ask: () => Promise<T>): Promise<Known<T>> {
  try {
    return { kind: 'known', value: await ask() };
  } catch (error) {
    return { kind: 'unknown', why: messageOf(error) };
  }
}
