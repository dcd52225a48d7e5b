// From what a user wrote to the Task objects of one run. Same mission spec, uid and run: same bytes.
import type { Mission, MissionTask } from '#api/v1alpha1/mission.ts';
import type { TaskSpec } from '#api/v1alpha1/task.ts';
import { callsModels } from '#domain/cost/callers.ts';
import { derivedTasks } from './derived.ts';
import { taskObjectName } from './names.ts';
import type { Phase } from './phase.ts';

/** A Task as it has to exist in this run. */
export interface PlannedTask {
  /** Name inside the plan. */
  readonly name: string;
  readonly phase: Phase;
  /** Path below spec that it comes from, for example `tasks[0]` or `goals[2].check.command`. */
  readonly field: string;
  /** Name of the object. */
  readonly objectName: string;
  readonly spec: TaskSpec;
}

/** What a thinking agent may ask and use, where its task does not say. */
function inherited(task: Omit<MissionTask, 'name'>, { modelPolicy, toolPolicy }: Pick<Mission['spec'], 'modelPolicy' | 'toolPolicy'>): Pick<TaskSpec, 'modelPolicy' | 'toolPolicy'> {
  if (!callsModels(task)) return {};
  const models = task.modelPolicy ?? modelPolicy;
  const tools = task.toolPolicy ?? toolPolicy;
  return { ...(models === undefined ? {} : { modelPolicy: models }), ...(tools === undefined ? {} : { toolPolicy: tools }) };
}

/**
 * The tasks of a run in plan order: those of spec.tasks, what checks the goals, what delivers the output, those of spec.finally.
 * `before` has the object names of the first plan of a run whose plan was revised: what checks or delivers a task that came later is another object.
 */
export function expandPlan({ metadata, spec }: Pick<Mission, 'metadata' | 'spec'>, runNumber: number, before?: ReadonlySet<string>): PlannedTask[] {
  const objects = new Map<string, string>();
  const workspace = spec.workspace === undefined ? {} : { workspace: spec.workspace };
  const written = (phase: Phase, root: string) => (task: MissionTask, index: number) => {
    const { name, ...definition } = task;
    return { name, phase, field: `${root}[${index}]`, definition: { ...definition, ...workspace, ...inherited(definition, spec) } };
  };
  return [...spec.tasks.map(written('work', 'tasks')), ...derivedTasks(spec), ...spec.finally.map(written('finally', 'finally'))].map(({ name, phase, field, definition }) => {
    const named: TaskSpec = { ...definition, taskName: name };
    const about = phase === 'verifier' || phase === 'output' ? named.dependsOn.flatMap((source) => objects.get(source) ?? []).filter((object) => before?.has(object) === false) : [];
    const objectName = taskObjectName({ missionName: metadata.name, missionUid: metadata.uid, runNumber, taskName: name, forEachIndex: null, definition: named, phase, about });
    objects.set(name, objectName);
    return { name, phase, field, objectName, spec: { ...named, missionRef: { name: metadata.name, uid: metadata.uid }, run: runNumber } };
  });
}
