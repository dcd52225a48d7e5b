// A mission as it was at one moment, as far as events tell it.
import type { MissionFacts, TaskFacts } from '#api/events/change.ts';
import type { ThoughtEvent } from '#api/events/thought.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';

/** What was told of an object. */
interface Told<F> {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  /** Raised when versions begin to repeat, because the API server went back to a backup. */
  readonly era: number;
  /** Uid of the mission that it belongs to. */
  readonly missionUid: string | undefined;
  /** When its first event was told, RFC 3339. */
  readonly since: string;
  readonly spec: JsonObject | undefined;
  readonly status: JsonObject | undefined;
  /** False after a gap: then spec and status may be old, and only the facts are those of this version. */
  readonly isKnown: boolean;
  readonly facts: F;
}
export type ToldMission = Told<MissionFacts>;
export type ToldTask = Told<TaskFacts>;

/** A Plan or an Approval. */
export interface ToldRecord {
  readonly kind: 'Plan' | 'Approval';
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly missionUid: string;
  readonly time: string;
  readonly spec: JsonObject;
}

/** Everything that was told and is not gone, by uid. Its values are never changed afterwards. */
export interface Picture {
  readonly missions: ReadonlyMap<string, ToldMission>;
  readonly tasks: ReadonlyMap<string, ToldTask>;
  readonly records: ReadonlyMap<string, ToldRecord>;
  /** The last that the agent of a task told, by uid of the task. */
  readonly thoughts: ReadonlyMap<string, ThoughtEvent>;
}

/** The picture before the first event. */
export const emptyPicture: Picture = { missions: new Map(), tasks: new Map(), records: new Map(), thoughts: new Map() };

/** The mission of a name: of several, the one that came last. */
export function missionNamed({ missions }: Picture, name: string): ToldMission | undefined {
  let last: ToldMission | undefined;
  for (const mission of missions.values()) if (mission.name === name) last = mission;
  return last;
}
