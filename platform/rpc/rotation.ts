// When the CA changes. Pure. A new CA is distributed before it signs, and an old one is trusted until what it signed has expired.
import type { Instant } from '#api/time.ts';
import type { KeyedCertificate } from './certificates.ts';

/** A CA of the installation. */
export interface Authority extends KeyedCertificate {
  readonly createdAt: Instant;
}

/** All CAs of the installation: the bundle that everybody trusts. */
export interface AuthorityState {
  /** Signs. */
  readonly current: Authority;
  /** Trusted already, will sign. */
  readonly next?: Authority;
  /** Signs no more, but what it signed may still be valid. Its key is gone. */
  readonly previous?: { readonly certificate: string; readonly retiredAt: Instant };
}

export interface RotationPolicy {
  /** How long a CA signs, in seconds. */
  readonly periodSeconds: number;
  /** Longest life of a leaf, in seconds. */
  readonly leafSeconds: number;
}

/** How long a CA signs unless told otherwise, in seconds: a year. */
export const defaultPeriodSeconds = 365 * 86_400;

export type RotationStep = 'keep' | 'createNext' | 'promoteNext' | 'dropPrevious';

/** The one step that is due now. */
export function rotationStep({ current, next, previous }: AuthorityState, { periodSeconds, leafSeconds }: RotationPolicy, now: Instant): RotationStep {
  const passed = (since: Instant, seconds: number) => now - since >= seconds * 1000;
  if (previous !== undefined) return passed(previous.retiredAt, leafSeconds) ? 'dropPrevious' : 'keep';
  if (next !== undefined) return passed(next.createdAt, leafSeconds) ? 'promoteNext' : 'keep';
  return passed(current.createdAt, periodSeconds) ? 'createNext' : 'keep';
}

/** The state after `next` has taken over. */
export function promoteNext({ current, next }: AuthorityState, now: Instant): AuthorityState {
  if (next === undefined) throw new Error('cannot promote the next CA: there is none');
  // Its period begins when it starts to sign.
  return { current: { ...next, createdAt: now }, previous: { certificate: current.certificate, retiredAt: now } };
}

/** PEM bundle of every CA to be trusted. */
export function bundleOf({ current, next, previous }: AuthorityState): string {
  return [current, next, previous].map((authority) => authority?.certificate ?? '').join('');
}
