// Keeps the CAs in one Secret of the operator's namespace and publishes their certificates in a ConfigMap.
// Any replica reads; only the one that leads makes, rotates and publishes.
import { createAuthority, parseBundle } from '#platform/rpc/certificates.ts';
import { type Authority, type AuthorityState, bundleOf, promoteNext, type RotationPolicy, type RotationStep, rotationStep } from '#platform/rpc/rotation.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/telemetry/log.ts';

/** Keys and values of the Secret, as text. */
export type CaData = Readonly<Record<string, string>>;

/** The two objects behind the store. */
export interface CaObjects {
  read(): Promise<{ readonly data: CaData; readonly resourceVersion: string } | undefined>;
  /** `taken`: somebody else was faster. */
  create(data: CaData): Promise<'created' | 'taken'>;
  /** Replaces the data if the object still has this version. */
  replace(data: CaData, resourceVersion: string): Promise<'replaced' | 'changed'>;
  /** Makes the bundle known to everybody; writes only when it is not yet. */
  publish(bundle: string): Promise<void>;
}

export interface CaStore {
  /** Reads the CAs; undefined when the leader has not made them yet. */
  load(): Promise<AuthorityState | undefined>;
  /** For the leader: makes the CA when there is none, takes the step that is due, publishes what changed. */
  maintain(): Promise<AuthorityState>;
}

export interface CaStoreOptions {
  readonly objects: CaObjects;
  readonly policy: RotationPolicy;
  readonly clock: Clock;
  readonly log: Log;
}

const maxTurns = 10;

/** A store over these objects. */
export function createCaStore(options: CaStoreOptions): CaStore {
  return {
    load: async () => {
      const found = await options.objects.read();
      return found === undefined ? undefined : fromData(found.data);
    },
    maintain: async () => {
      // A lost race and a step taken both end in reading again.
      for (let count = 0; count < maxTurns; count += 1) {
        const state = await turn(options);
        if (state === undefined) continue;
        await options.objects.publish(bundleOf(state));
        return state;
      }
      throw new Error('cannot keep the CA: its Secret changes faster than it can be read; look for a second writer');
    },
  };
}

/** The state when nothing is to be done; undefined after an attempt to change it. */
async function turn({ objects, policy, clock, log }: CaStoreOptions): Promise<AuthorityState | undefined> {
  const found = await objects.read();
  if (found === undefined) {
    const created = await objects.create(toData({ current: await newAuthority(clock) }));
    if (created === 'created') log.info('made the CA of this installation');
    return undefined;
  }
  const state = fromData(found.data);
  const step = rotationStep(state, policy, clock.now());
  if (step === 'keep') return state;
  const replaced = await objects.replace(toData(await take(step, state, clock)), found.resourceVersion);
  if (replaced === 'replaced') log.info('rotated the CA', { step });
  return undefined;
}

async function newAuthority(clock: Clock): Promise<Authority> {
  const createdAt = clock.now();
  return { ...(await createAuthority(createdAt)), createdAt };
}

async function take(step: Exclude<RotationStep, 'keep'>, state: AuthorityState, clock: Clock): Promise<AuthorityState> {
  switch (step) {
    case 'createNext':
      return { ...state, next: await newAuthority(clock) };
    case 'promoteNext':
      return promoteNext(state, clock.now());
    case 'dropPrevious':
      return { current: state.current, ...(state.next === undefined ? {} : { next: state.next }) };
  }
}

function toData({ current, next, previous }: AuthorityState): CaData {
  return {
    ...authorityData('current', current),
    ...(next === undefined ? {} : authorityData('next', next)),
    ...(previous === undefined ? {} : { 'previous.crt': previous.certificate, 'previous.retired': String(previous.retiredAt) }),
  };
}

function authorityData(name: string, { certificate, key, createdAt }: Authority): CaData {
  return { [`${name}.crt`]: certificate, [`${name}.key`]: key, [`${name}.created`]: String(createdAt) };
}

function fromData(data: CaData): AuthorityState {
  const current = authorityFrom(data, 'current');
  if (current === undefined) throw new Error('cannot read the CA: its Secret holds no current.crt and current.key; restore it, or delete it to begin with a new CA and restart all agents');
  const next = authorityFrom(data, 'next');
  const previous = data['previous.crt'];
  const retiredAt = Number(data['previous.retired']);
  return { current, ...(next === undefined ? {} : { next }), ...(previous === undefined || Number.isNaN(retiredAt) ? {} : { previous: { certificate: previous, retiredAt } }) };
}

function authorityFrom(data: CaData, name: string): Authority | undefined {
  const certificate = data[`${name}.crt`];
  const key = data[`${name}.key`];
  const createdAt = Number(data[`${name}.created`]);
  if (certificate === undefined || key === undefined || Number.isNaN(createdAt) || parseBundle(certificate).length !== 1) return undefined;
  return { certificate, key, createdAt };
}
