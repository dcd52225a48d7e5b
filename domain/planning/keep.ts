// Tasks that a plan takes over from the one before it: as they were, so that what they did is not done again.
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import { canonicalJson } from '#domain/digest.ts';
import { keepable, type Revision } from './revision.ts';

/** What `keep` of an answer says. */
export interface Kept {
  /** In the order of the plan so far. */
  readonly tasks: readonly MissionTask[];
  readonly faults: readonly string[];
}

const mostShown = 8;

/** Reads `keep`. */
export function readKeep(keep: unknown, revision: Revision | undefined): Kept {
  if (keep === undefined || revision === undefined) return { tasks: [], faults: [] };
  if (!Array.isArray(keep)) return { tasks: [], faults: ['keep: must be a list of task names'] };
  const allowed = keepable(revision);
  const strays = keep.flatMap((name: unknown, index) => (typeof name === 'string' && allowed.has(name) ? [] : [`keep[${index}]: ${String(name).slice(0, 63)} may not be kept; these may: ${[...allowed].join(', ') || 'none'}`]));
  const names = new Set(keep);
  const tasks = revision.plan.spec.tasks.filter(({ name }) => names.has(name));
  return { tasks, faults: [...strays, ...stale(tasks, revision)].slice(0, mostShown) };
}

/** What has run rests on what it depended on: with something new in its place it would prove nothing. What has not may not find the old one in place of the new. */
function stale(kept: readonly MissionTask[], { tasks }: Revision): string[] {
  const ran = new Set(tasks.filter(({ outcome }) => outcome === 'Succeeded').map(({ name }) => name));
  const names = new Set(kept.map(({ name }) => name));
  return kept.flatMap(({ name, dependsOn }) => {
    const lost = dependsOn.find((dependency) => !names.has(dependency) && (ran.has(name) || ran.has(dependency)));
    return lost === undefined ? [] : [`keep: ${name} rests on ${lost}, which is not kept: keep both, or write ${name} anew with a change`];
  });
}

/** Tasks that were tried in this run already: trying the same again is no other plan. `tasks` are the new ones. */
export function repetitions(tasks: readonly MissionTask[], revision: Revision | undefined): string[] {
  if (revision === undefined) return [];
  const allowed = keepable(revision);
  const known = new Map([...revision.earlier, ...revision.plan.spec.tasks].map((task) => [canonicalJson(task), task.name]));
  return tasks.flatMap((task, index) => {
    const same = known.get(canonicalJson(task));
    if (same === undefined) return [];
    return [allowed.has(same) ? `tasks[${index}]: is task ${same} as it was: name it in keep, or change it when it has to run again` : `tasks[${index}]: is task ${same} again, which did not help: change it or leave it out`];
  });
}
