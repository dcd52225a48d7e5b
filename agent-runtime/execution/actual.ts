// The state that an action left, from what the runtime measured of it. What a role observed of tests counts: a role reads reports, it does not make them up.
import { compare } from '#domain/consistency/compare.ts';
import { type ActualState, failureClasses } from '#domain/consistency/state.ts';
import type { PlannedAction } from '#domain/intent/action.ts';
import type { Violation } from '#api/v1alpha1/task.ts';
import type { ActionResult } from '#agent-runtime/roles/action.ts';
import type { Measured } from './commands.ts';

export interface Ended {
  readonly planned: PlannedAction;
  readonly done: ActionResult;
  readonly measured: Measured;
  readonly changedPaths: readonly string[];
  /** Run time of the action, in seconds. */
  readonly seconds: number;
}

/** Differences between what was expected of an action and what it left. */
export function violationsOf({ planned, done, measured, changedPaths, seconds }: Ended): Violation[] {
  const actual: ActualState = { ...measured, changedPaths, artifacts: done.artifacts.map(({ name }) => name), seconds, claimsResults: Object.keys(done.claimed).length > 0, ...testsOf(done) };
  return compare(planned.expected, actual, done);
}

function testsOf({ observed: { passed, failed, failureClass } }: ActionResult): Pick<ActualState, 'tests'> {
  if (typeof passed !== 'number' || typeof failed !== 'number') return {};
  const known = failureClasses.find((name) => name === failureClass);
  return { tests: { passed, failed, failureClass: known ?? (failed > 0 ? 'assertion' : 'none') } };
}
