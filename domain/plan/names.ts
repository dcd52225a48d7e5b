// Names of Task objects: a pure function of the spec, so that a lost create is found again and never doubled.
import type { TaskSpec } from '#api/v1alpha1/task.ts';
import { base32Lower, canonicalJson, sha256, sha256Hex } from '#domain/digest.ts';
import type { Phase } from './phase.ts';

const stemLimit = 40;
const hashLength = 10;

/** What the name of a Task is made from. */
export interface TaskIdentity {
  readonly missionName: string;
  readonly missionUid: string;
  /** Number of the run, from 1. */
  readonly runNumber: number;
  readonly taskName: string;
  /** Position inside a forEach; null for a task that is not expanded. */
  readonly forEachIndex: number | null;
  readonly definition: TaskSpec;
  readonly phase: Phase;
  /** Names of objects that it is about and that the first plan of the run did not have; none in a first plan. */
  readonly about?: readonly string[];
}

/** Object name of a task: `<mission>-<task>` cut to 40 characters, a dash, and 10 characters that tell runs and definitions apart. */
export function taskObjectName({ missionName, missionUid, runNumber, taskName, forEachIndex, definition, phase, about = [] }: TaskIdentity): string {
  const identity = [missionUid, runNumber, taskName, forEachIndex, definitionDigest(definition, phase), ...about];
  return nameOf(`${missionName}-${taskName}`, identity);
}

/** Object name of the plan that answers one question of a mission. */
export function planObjectName({ missionName, missionUid, requestDigest }: { readonly missionName: string; readonly missionUid: string; readonly requestDigest: string }): string {
  return nameOf(`${missionName}-plan`, [missionUid, 'plan', requestDigest]);
}

function nameOf(stem: string, identity: readonly (string | number | null)[]): string {
  const hash = base32Lower(sha256(canonicalJson(identity))).slice(0, hashLength);
  return `${stem.slice(0, stemLimit).replace(/-+$/, '')}-${hash}`;
}

/** SHA-256 of what a task is to do and when, as hex: mission and run do not count, nor does the order of lists that are sets. */
export function definitionDigest(spec: TaskSpec, phase: Phase): string {
  return sha256Hex(
    canonicalJson({
      ...spec,
      missionRef: undefined,
      run: undefined,
      dependsOn: spec.dependsOn.toSorted(),
      capabilities: spec.capabilities.toSorted(),
      verifies: spec.verifies?.toSorted(),
      inputs: spec.inputs.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      phase: phase === 'work' ? undefined : phase,
    }),
  );
}

/** SHA-256 over the definitions of a plan in plan order, as hex. */
export function planHash(plan: readonly { readonly spec: TaskSpec; readonly phase: Phase }[]): string {
  return sha256Hex(canonicalJson(plan.map(({ spec, phase }) => definitionDigest(spec, phase))));
}
