// Where the demo runs, as a port: a cluster of its own, or the user's current one.
import type { HeldStores } from '#devcluster/services/index.ts';
import type { Steps } from './steps.ts';

/** A cluster that missions can be run on. */
export interface Place {
  /** Unset: the user's own. */
  readonly kubeconfig?: string;
  readonly kubectl: string;
  readonly images: { readonly operator: string; readonly blobs: string; readonly agent: string; readonly llmGateway: string; readonly mirror?: string; readonly console?: string };
  /** Profile of the leader lease. */
  readonly leaderElection: 'default' | 'fast';
  /** Repository as agents reach it. */
  readonly gitUrl: string;
  /** The repository is this project's own. */
  readonly isOwn: boolean;
  /** Stores of a mirror; without them none is installed. */
  readonly stores?: HeldStores;
  /** What to paste before the commands of the summary, so that they find the cluster. */
  readonly before: readonly string[];
}

export interface PlaceMaker<P extends Place = Place> {
  /** Steps that `up` takes. */
  readonly steps: number;
  up(steps: Steps): Promise<P>;
  /** Ends what `up` began, or leaves it as the user wishes; says which. Fine before `up` is through. */
  down(): Promise<string>;
}

/** Namespace of the demo's mission. */
export const demoNamespace = 'demo';

/** Namespace of the installation. */
export const operatorNamespace = 'coditect-system';
