// What a mission leaves behind: results that its spec names, and the commit of its files.
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { MissionStatus } from '#api/v1alpha1/mission.ts';
import { sourceOf } from '#domain/plan/derived.ts';
import { lineage } from '#domain/plan/sources.ts';
import { valueAt } from '#domain/goals/evidence.ts';
import type { Facts } from './facts.ts';
import { workResult } from './work.ts';
import type { MissionView, Node } from './view.ts';

/** Values of spec.results as far as they are known. */
export function resultsOf({ mission: { spec } }: MissionView, { nodes }: Facts): JsonObject {
  const byName = new Map(nodes.map((node) => [node.planned.name, node]));
  const known = spec.results.flatMap(({ name, task, field }) => {
    const { observed = {}, claimed = {} } = byName.get(task)?.task?.status ?? {};
    const value = valueAt({ observed, claimed }, field.split('.'));
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(known);
}

/** What was delivered, or lies ready; undefined until all required goals are met, and when no task changed anything. */
export function outputsOf(view: MissionView, facts: Facts): MissionStatus['outputs'] {
  const { spec } = view.mission;
  const git = spec.outputs?.git;
  const isChecked = facts.nodes.every(({ result, planned: { phase } }) => result !== undefined || phase === 'output' || phase === 'finally');
  if (git === undefined || !isChecked || !workResult(view, facts).succeeded) return undefined;
  const isPushed = facts.nodes.some(({ planned, result }) => planned.phase === 'output' && result === 'Succeeded');
  const commit = commitOf(sourceOf(git.from, spec.tasks), view, facts.nodes);
  return commit === undefined ? undefined : { git: { commit, branch: git.branch, state: isPushed ? 'Pushed' : 'Kept' } };
}

/** The newest commit in the line of tasks that the files went through: a task that changes nothing hands on what it found. */
function commitOf(source: string | undefined, { mission }: MissionView, nodes: readonly Node[]): string | undefined {
  const commits = new Map(nodes.map(({ planned, task }) => [planned.name, task?.status?.workspace?.outputCommit]));
  return source === undefined ? undefined : lineage(source, mission.spec.tasks).map((name) => commits.get(name)).find((commit) => commit !== undefined);
}
