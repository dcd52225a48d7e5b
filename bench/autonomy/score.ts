// What counts as having got there without a person, told from objects and from the audit log alone.
import type { Mission } from '#api/v1alpha1/mission.ts';
import { findCondition } from '#domain/conditions.ts';

/** The part of a request to the API server that tells who wrote what. */
export interface Written {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly apiGroup?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
}

/** How one mission ended. */
export interface Verdict {
  readonly mission: string;
  /** What was done to it; unset for a mission that was left alone. */
  readonly fault?: string;
  readonly isMade: boolean;
  /** Set when the fault was not seen to happen: then nothing was measured, which is an error of the bench. */
  readonly isVoid?: true;
  /** Why it was not made, or what it took. */
  readonly words: string;
  readonly seconds: number;
  readonly replans: number;
}

const reading: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const ourGroup = 'coditect.ai';
/** Start of the names of service accounts, nodes and the control plane. */
const systemUsers = 'system:';

/** Why a mission did not finish well by itself; undefined when it did. */
export function whyNotAutonomous(mission: Mission, acts: readonly string[]): string | undefined {
  return notSucceeded(mission) ?? goalsNotMet(mission) ?? touched(mission, acts);
}

function notSucceeded({ status }: Mission): string | undefined {
  const { status: is, reason, message } = findCondition(status?.conditions, 'Succeeded') ?? { status: 'Unknown', reason: 'no condition', message: 'the operator has not looked at it' };
  if (status?.completionTime === undefined) return `it did not end: ${reason}: ${message}`;
  return is === 'True' ? undefined : `it ended as ${reason}: ${message}`;
}

function goalsNotMet({ spec, status }: Mission): string | undefined {
  const states = new Map(status?.goals?.map(({ name, state }) => [name, state]));
  const unmet = spec.goals.filter(({ name }) => states.get(name) !== 'Met').map(({ name }) => `${name} is ${states.get(name) ?? 'not told of'}`);
  return unmet.length === 0 ? undefined : `not all goals are met: ${unmet.join(', ')}`;
}

function touched({ metadata: { generation } }: Mission, acts: readonly string[]): string | undefined {
  if (generation !== 1) return `its spec was changed: generation ${generation}`;
  return acts.length === 0 ? undefined : `somebody helped: ${acts.join(', ')}`;
}

/** What people wrote to a mission and to what belongs to it, but for its creation, where all begins. */
export function humanActs(log: readonly Written[], namespace: string, about: string): readonly string[] {
  const ours = log.filter(({ objectRef, responseStatus }) => objectRef?.apiGroup === ourGroup && objectRef.namespace === namespace && (responseStatus?.code ?? 500) < 300);
  const acts = ours.filter(({ verb, user, objectRef }) => !reading.has(verb) && !user.username.startsWith(systemUsers) && objectRef?.name?.startsWith(about) === true);
  const isBeginning = ({ verb, objectRef }: Written) => verb === 'create' && objectRef?.name === about;
  return acts.filter((act) => !isBeginning(act)).map(({ verb, user, objectRef }) => `${user.username} ${verb} ${objectRef?.name ?? ''}`);
}

/** Share of missions that were made, 0 to 1. */
export function shareOf(verdicts: readonly Verdict[]): number {
  return verdicts.length === 0 ? 0 : verdicts.filter(({ isMade }) => isMade).length / verdicts.length;
}
