// What the parts of the mirror want of each other. None of them is needed for a mission to run.
import type { CloudEvent } from '#api/events/envelope.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';

/** Whoever is told of events as they are found. It may neither throw nor wait: what it cannot take it makes good later, from the truth or from the log. */
export interface Listener {
  tell(events: readonly CloudEvent[]): void;
}

/** Objects as they are now on the API server, for whoever makes a picture anew or compares one. */
export interface Truth {
  missions(): readonly Mission[];
  tasksOf(missionUid: string): readonly Task[];
  pools(): readonly AgentPool[];
  /** True when all kinds were listed and are watched. */
  isKnown(): boolean;
}

/** How a part is. `off`: it is not configured. */
export type PartState = { readonly kind: 'off' } | { readonly kind: 'well'; readonly lagMs: number } | { readonly kind: 'down'; readonly sinceMs: number; readonly fault: string };

/** A back-end of the mirror. */
export interface Part {
  readonly name: string;
  state(): PartState;
  close(): Promise<void>;
}
