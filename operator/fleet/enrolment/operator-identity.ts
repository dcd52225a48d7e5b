// The operator's own certificate: what its listeners show, what the LLM gateway knows it by, and what signs grants. Every replica issues its own from the CA.
import { roleUri } from '#api/identity.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import { createLeaf, type Credential, type KeyedCertificate } from '#platform/rpc/certificates.ts';
import { createGrantSigner, type Grant, type GrantSigner } from '#platform/rpc/grant.ts';
import { createListeners } from '#platform/rpc/listeners.ts';
import { type AuthorityState, bundleOf } from '#platform/rpc/rotation.ts';
import { operatorName } from '#platform/rpc/tls.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { CaStore } from './ca-store.ts';

// A grant must be valid as long as its task may run (at most 7 days, Task.spec.activeDeadlineSeconds), and so must the leaf that
// signed it. The holder of this key holds the CA's too: a shorter life would protect nothing.
const renewSeconds = 7 * 86_400;

/** Life of the operator's certificate and longest life of any leaf, in seconds: renewal, longest task, and a day for an API server that is away. */
export const operatorLeafSeconds = 15 * 86_400;

export interface OperatorIdentityOptions {
  readonly store: CaStore;
  /** Namespace of the installation. */
  readonly namespace: string;
  /** True while this replica leads: only then the CA is made and rotated. */
  readonly isLeading: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OperatorIdentity {
  /** Resolves once there is a certificate. */
  readonly ready: Promise<void>;
  /** What the listeners show. Throws before `ready`. */
  credential(): Credential;
  /** Signs with the newest certificate. Throws before `ready`. */
  signGrant(grant: Grant): string;
  /** The CAs, for those who issue; undefined before `ready`. */
  authorities(): AuthorityState | undefined;
  /** Calls `listener` when certificate or bundle changed: time for `updateTls`. The returned function ends it. */
  onChanged(listener: () => void): () => void;
  close(): void;
}

interface Held {
  readonly state: AuthorityState;
  readonly leaf: KeyedCertificate;
  readonly signGrant: GrantSigner;
  readonly issuedAt: number;
}

const pollMs = 30_000;
const retryMs = 1000;

/** Follows the CA in the background until closed. */
export function startOperatorIdentity(options: OperatorIdentityOptions): OperatorIdentity {
  const { clock, log } = options;
  const stop = new AbortController();
  const changes = createListeners();
  const first = Promise.withResolvers<void>();
  let held: Held | undefined;

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const next = await refreshed(held, options);
        const changed = next !== held;
        held = next;
        if (held !== undefined) first.resolve();
        if (changed) changes.call();
      } catch (error) {
        log.warn('cannot read or keep the CA, trying again', { error: messageOf(error) });
      }
      await delay(clock, held === undefined ? retryMs : pollMs, stop.signal);
    }
  }

  const mine = () => {
    if (held === undefined) throw new Error('cannot use the certificate of the operator: there is none yet; wait for ready');
    return held;
  };
  void follow().finally(() => first.reject(new Error('cannot get a certificate for the operator: the process is stopping')));
  // Who does not wait for it must not be killed by its rejection.
  first.promise.catch(() => {});
  return {
    ready: first.promise,
    credential: () => ({ ...mine().leaf, caBundle: bundleOf(mine().state) }),
    signGrant: (grant) => mine().signGrant(grant),
    authorities: () => held?.state,
    onChanged: (listener) => changes.add(listener),
    close: () => stop.abort(),
  };
}

async function refreshed(held: Held | undefined, { store, namespace, isLeading, clock }: OperatorIdentityOptions): Promise<Held | undefined> {
  const state = isLeading() ? await store.maintain() : await store.load();
  if (state === undefined) return held;
  const now = clock.now();
  const isFresh = held !== undefined && now - held.issuedAt < renewSeconds * 1000;
  if (isFresh && held.state.current.certificate === state.current.certificate) return bundleOf(held.state) === bundleOf(state) ? held : { ...held, state };
  const leaf = await createLeaf(state.current, { uri: roleUri('operator'), dnsNames: [operatorName(namespace)], usage: 'both', lifetimeSeconds: operatorLeafSeconds }, now);
  return { state, leaf, signGrant: createGrantSigner(leaf), issuedAt: now };
}
