// The tasks of a run whose plan was revised, and which tasks of the plans before are not wanted any more.
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import { expandPlan, type PlannedTask } from './expand.ts';
import { awaitsPlan, withPlan } from './question.ts';

/** What the plans of a run come to. */
export interface ExpandedChain {
  /** Tasks of the plan in force; of the manifest itself where no planner takes part. While there is no plan only what is looked at first. */
  readonly plan: readonly PlannedTask[];
  /** Names of objects that earlier plans had, and the one in force has not. */
  readonly superseded: ReadonlySet<string>;
}

/** Expands the plans of a run, from the first to the one in force; a task that was kept is one and the same object in both. */
export function expandChain(mission: Mission, run: number, chain: readonly Plan[]): ExpandedChain {
  const expand = (source: Plan | undefined, before?: ReadonlySet<string>) => expandPlan(withPlan(mission, source), run, before).filter(({ phase }) => phase === 'survey' || !awaitsPlan(mission.spec, source));
  const [first, ...others] = chain;
  const root = expand(first);
  const known = new Set(root.map(({ objectName }) => objectName));
  const all = [root, ...others.map((source) => expand(source, known))];
  const plan = all.at(-1) ?? root;
  const names = new Set(plan.map(({ objectName }) => objectName));
  const before = all.slice(0, -1).flat().map(({ objectName }) => objectName);
  return { plan, superseded: new Set(before.filter((name) => !names.has(name))) };
}
