// From the graph a user wrote to the Task objects of one run. Same mission spec, uid and run: same bytes.
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { TaskSpec } from '#api/v1alpha1/task.ts';
import { taskObjectName } from './names.ts';

/** A Task as it has to exist in this run. */
export interface PlannedTask {
  /** Name inside the plan. */
  readonly name: string;
  /** Name of the object. */
  readonly objectName: string;
  readonly spec: TaskSpec;
}

/** The tasks of a run in plan order, which is the order of spec.tasks. */
export function expandPlan({ metadata, spec }: Pick<Mission, 'metadata' | 'spec'>, runNumber: number): PlannedTask[] {
  return spec.tasks.map(({ name, ...work }) => {
    const definition: TaskSpec = { ...work, taskName: name, ...(spec.workspace === undefined ? {} : { workspace: spec.workspace }) };
    const objectName = taskObjectName({ missionName: metadata.name, missionUid: metadata.uid, runNumber, taskName: name, forEachIndex: null, definition });
    return { name, objectName, spec: { ...definition, missionRef: { name: metadata.name, uid: metadata.uid }, run: runNumber } };
  });
}
