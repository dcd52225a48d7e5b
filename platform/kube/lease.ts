// The Lease object of the leader election: what is read from it and the patches that are written to it.
import type { Instant } from '#api/time.ts';
import { formatMicroTime } from './micro-time.ts';
import type { KubeObject } from './types.ts';

export interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string | null;
    readonly renewTime?: string | null;
    readonly leaseTransitions?: number;
  };
}

/** Times of an election, in milliseconds. */
export interface ElectorProfile {
  /** How long others wait after the last change that they saw. */
  readonly leaseMs: number;
  /** How long the holder acts after the start of its last successful renewal. */
  readonly renewDeadlineMs: number;
  /** Pause between tries. */
  readonly retryMs: number;
}

/** The profiles of the setting `leaderElection`. */
export const electorProfiles: Readonly<Record<'default' | 'fast', ElectorProfile>> = {
  default: { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 },
  fast: { leaseMs: 6000, renewDeadlineMs: 4000, retryMs: 1000 },
};

/** leaseTransitions is an int32; the last number stays free so that a term above every known one always exists. */
export const highestUsableTerm = 2_147_483_646;

export const termOf = (lease: Lease | undefined): number => lease?.spec?.leaseTransitions ?? 0;

/** Who holds the lease; empty when it was released. */
export const holderOf = (lease: Lease | undefined): string => lease?.spec?.holderIdentity ?? '';

/** Spec of a lease that is taken now. */
export function takenSpec(identity: string, term: number, leaseMs: number, now: Instant): NonNullable<Lease['spec']> {
  const time = formatMicroTime(now);
  return { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), acquireTime: time, renewTime: time, leaseTransitions: term };
}

/** Spec of a lease that nobody holds; its term stays. */
export function releasedSpec(now: Instant): NonNullable<Lease['spec']> {
  return { holderIdentity: null, leaseDurationSeconds: 1, acquireTime: null, renewTime: formatMicroTime(now) };
}

/** A merge patch that changes exactly the version that was read. */
export function unchangedSince(lease: Lease, spec: NonNullable<Lease['spec']>, noted: Noted = {}): object {
  return { metadata: { uid: lease.metadata.uid, resourceVersion: lease.metadata.resourceVersion, ...noted }, spec };
}

/** What else a holder writes on its Lease. */
export interface Noted {
  readonly annotations?: Readonly<Record<string, string>>;
}
