// What the pool's decisions look at and what they answer. Plain data only.
import type { PartReports } from '#api/mirrored.ts';
import type { Instant } from '#api/time.ts';
import type { AgentPool, AgentPoolStatus } from '#api/v1alpha1/agentpool.ts';
import type { OwnerReference } from '#api/v1alpha1/schema.ts';
import type { Wish } from '#domain/scheduling/scaling.ts';

/** What the operator keeps of an agent's pod. */
export interface PoolPod {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
  };
  /** UID of the controlling owner. */
  readonly ownerUid?: string;
  /** Pool that the label names. */
  readonly pool: string;
  readonly templateHash: string;
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly ready: boolean;
  readonly createdMs: Instant;
  /** Why the agent's container does not run, in the words of the kubelet. */
  readonly waiting?: { readonly reason: string; readonly message: string };
  /** Why no node takes the pod, in the words of the kube-scheduler. */
  readonly unschedulable?: string;
  /** How the pod, or the last process of its agent, ended. */
  readonly exit?: { readonly code: number; readonly reason: string; readonly message: string };
  readonly restartCount: number;
  /** The agent's current process is reported terminated: proof that its work is gone. */
  readonly containerTerminated: boolean;
  readonly containerId?: string;
}

/** One agent that the fleet knows: connected, or with attempts that may still run. */
export interface PoolAgent {
  readonly podUid: string;
  readonly pod: string;
  readonly slots: number;
  readonly used: number;
  /** Since it has had no task, milliseconds; 0 while it has one. */
  readonly idleForMs: number;
  readonly draining: boolean;
  readonly boundary: 'none' | 'partial' | 'full';
}

/** What is asked of a pool now. */
export interface PoolDemand {
  /** Ready tasks that wait for a slot of this pool. */
  readonly queued: number;
  /** Agents that must be there for verifiers that wait, which some of them may not run; absent when none waits. */
  readonly apart?: number;
  /** Median run time of its tasks, milliseconds; absent before the first has ended. */
  readonly medianRunMs?: number;
  readonly agents: readonly PoolAgent[];
}

/** What one look sees and the next one needs. */
export interface Seen {
  /** Wishes within the scale-down window. */
  readonly wishes: readonly Wish[];
  /** Since when pods that run have not been connected, by pod UID. */
  readonly silentSince: Readonly<Record<string, Instant>>;
}

/** What a pool remembers between two looks. It is lost with the leader, and every rule is safe without it. */
export interface PoolMemory extends Seen {
  /** How often in a row pods have ended by themselves, and when last. */
  readonly failures: { readonly count: number; readonly at: Instant };
  /** When an agent was last created or taken away. */
  readonly lastScaleAt?: Instant;
}

/** A creation that the API server did not allow. */
export interface Refusal {
  readonly kind: 'quota' | 'refused';
  readonly message: string;
  readonly at: Instant;
  /** Refusals in a row, from 1. */
  readonly count: number;
  /** Generation of the pool whose pod was refused. */
  readonly generation: number;
}

/** Pods that may be created at once, and when the next one may. */
export interface Tokens {
  readonly available: number;
  readonly nextMs: number;
}

/** What the installation says about every agent's pod. */
export interface PoolSettings {
  /** PEM text that agents trust at their first connection; absent until the installation's CA exists. */
  readonly caBundle?: string;
  readonly operatorNamespace: string;
  /** After this silence a running pod that is not connected has no work that counts, milliseconds. */
  readonly silenceMs: number;
}

/** What the mirror last said of itself. */
export interface MirrorView {
  /** When that was, by the clock of this process. */
  readonly heardAt: Instant;
  /** The same by the clock of the mirror. */
  readonly renewTime: string;
  /** False: it took its leave. */
  readonly isHeld: boolean;
  /** Undefined: it has not said yet. */
  readonly parts: PartReports | undefined;
}

/** Everything the pool reconciler may look at, read once. Lists are sorted by name. */
export interface PoolView {
  readonly pool: AgentPool;
  /** Pods that this very pool controls. */
  readonly pods: readonly PoolPod[];
  readonly demand: PoolDemand;
  readonly memory: PoolMemory;
  readonly refusal?: Refusal;
  /** Names that new pods may take. */
  readonly freshNames: readonly string[];
  readonly tokens: Tokens;
  readonly settings: PoolSettings;
  /** Undefined: there is no mirror. */
  readonly mirror?: MirrorView | undefined;
}

/** A pod to be created. */
export interface PodManifest {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly ownerReferences: readonly OwnerReference[];
  };
  readonly spec: object;
}

export type PoolIntent =
  | { readonly kind: 'drainAgent'; readonly pod: string; readonly podUid: string }
  /** `scaling`: an agent that could have worked is taken away, which an Event tells. */
  | { readonly kind: 'deletePod'; readonly pod: string; readonly podUid: string; readonly scaling: boolean; readonly why: string }
  | { readonly kind: 'createPod'; readonly pod: PodManifest; readonly why: string }
  | { readonly kind: 'announce'; readonly reason: 'ImageError' };

/** An intent with the sentence that the log prints. Events print `why`, which names no pod, so that they can be counted together. */
export type NotedIntent = PoolIntent & { readonly note: string };

/** What to do about a pool, in the form the shell of all reconcilers carries out. */
export interface PoolDecision {
  readonly intents: readonly NotedIntent[];
  readonly status?: AgentPoolStatus;
  readonly wakeAfterMs?: number;
  /** To be handed in with the next view. */
  readonly seen: Seen;
}
