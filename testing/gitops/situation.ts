// A situation that an object can be in, and what those who follow Git must make of it.
import { group } from '#api/v1alpha1/kinds.ts';
import type { Condition } from '#api/v1alpha1/schema.ts';
import type { Kstatus } from '../kstatus.ts';

/** An object as the API server hands it out. */
export interface TrackedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly generation: number; readonly deletionTimestamp?: string };
  readonly spec: object;
  readonly status?: { readonly observedGeneration?: number | undefined; readonly conditions?: readonly Condition[] | undefined };
}

export interface Situation {
  /** As reconcilers write it. */
  readonly object: TrackedObject;
  readonly argo: 'Healthy' | 'Progressing' | 'Suspended' | 'Degraded';
  /** Type of the condition whose reason and message Argo CD shows; any other text is shown as it is. */
  readonly shows: string;
  readonly kstatus: Kstatus;
  /** What the expressions for Flux say, where that is not what kstatus says. */
  readonly flux?: Kstatus;
  /** Reasons that are written in the place of the shown one, and mean the same for health. */
  readonly alike?: readonly string[];
}

/** Situations of one kind by the name of their fixture. */
export type Situations = Readonly<Record<string, Situation>>;

/** The message that Argo CD must show. */
export function shownMessage({ object, shows }: Situation): string {
  const condition = object.status?.conditions?.find(({ type }) => type === shows);
  return condition === undefined ? shows : `${condition.reason}: ${condition.message}`;
}

/** The situation itself, and one for each reason that is alike. */
export function withAlike(name: string, situation: Situation): readonly (readonly [string, Situation])[] {
  const { object, shows, alike = [] } = situation;
  const shown = object.status?.conditions?.find(({ type }) => type === shows)?.reason;
  const conditions = (reason: string) => object.status?.conditions?.map((condition) => (condition.reason === shown ? { ...condition, reason } : condition));
  const others = alike.map((reason): readonly [string, Situation] => [`${name}, ${reason}`, { ...situation, object: { ...object, status: { ...object.status, conditions: conditions(reason) } } }]);
  return [[name, situation], ...others];
}

/** Where the fixture of a situation lies. */
export function fixturePath(kind: string, name: string): string {
  return `config/argocd/${group}/${kind}/testdata/${name}.yaml`;
}

/** What is the same for every kind that has conditions: it was not looked at, was changed since, or is going. */
export function commonSituations<T extends TrackedObject>(seen: T): Situations {
  const { status: _, ...unseen } = seen;
  const meta = (changes: object): TrackedObject => ({ ...seen, metadata: { ...seen.metadata, ...changes } });
  return {
    // A library that knows nothing of the kind takes an object without status for finished: that is why there are expressions for Flux.
    unseen: { object: unseen, argo: 'Progressing', shows: 'the operator has not looked at it yet', kstatus: 'Current', flux: 'InProgress' },
    outdated: { object: meta({ generation: seen.metadata.generation + 1 }), argo: 'Progressing', shows: 'the operator has not looked at the newest spec yet', kstatus: 'InProgress' },
    'going-away': { object: meta({ deletionTimestamp: '2026-01-01T00:10:00Z' }), argo: 'Progressing', shows: 'Pending deletion', kstatus: 'Terminating' },
  };
}
