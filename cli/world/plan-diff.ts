// What differs between two plans, task by task. Pure.
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import { canonicalJson } from '#domain/digest.ts';

/** A field of a task that both plans have. */
export interface FieldChange {
  readonly task: string;
  /** Path inside the task, for example `intent.params.command`. */
  readonly field: string;
  /** JSON; unset: the field is not there. */
  readonly from?: string;
  readonly to?: string;
}

export interface PlanDiff {
  readonly added: readonly MissionTask[];
  readonly removed: readonly MissionTask[];
  readonly changed: readonly FieldChange[];
}

/** Differences between two task graphs. The order of tasks, and of lists that are sets, does not count. */
export function diffPlans(from: readonly MissionTask[], to: readonly MissionTask[]): PlanDiff {
  const before = new Map(from.map((task) => [task.name, task]));
  const after = new Map(to.map((task) => [task.name, task]));
  return {
    added: to.filter(({ name }) => !before.has(name)),
    removed: from.filter(({ name }) => !after.has(name)),
    changed: from.flatMap((old) => {
      const task = after.get(old.name);
      return task === undefined ? [] : fieldChanges(old, task);
    }),
  };
}

function fieldChanges(from: MissionTask, to: MissionTask): FieldChange[] {
  const [before, after] = [leavesOf(from), leavesOf(to)];
  const fields = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return fields.flatMap((field) => {
    const [old, now] = [before.get(field), after.get(field)];
    return old === now ? [] : [{ task: from.name, field, ...(old === undefined ? {} : { from: old }), ...(now === undefined ? {} : { to: now }) }];
  });
}

/** Fields by path, as JSON; a list is one field. */
function leavesOf({ dependsOn, capabilities, inputs, ...task }: MissionTask): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  const ordered = { ...task, dependsOn: dependsOn.toSorted(), capabilities: capabilities.toSorted(), inputs: inputs.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
  const open: (readonly [string, unknown])[] = Object.entries(ordered);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [path, value] = next;
    if (isFields(value)) for (const [key, inner] of Object.entries(value)) open.push([`${path}.${key}`, inner]);
    else if (value !== undefined) leaves.set(path, canonicalJson(value));
  }
  return leaves;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
