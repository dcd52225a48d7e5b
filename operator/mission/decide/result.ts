// How a run has ended, told from its tasks, its goals, its output and finally.
import type { Facts } from './facts.ts';
import { isUnplanned, type MissionView, type Node } from './view.ts';
import { failure, listed, namesOf, type Result, workResult } from './work.ts';

/** How a run that was brought to an end has ended: by its tasks alone when all of them had been decided before. */
export function endingResult(view: MissionView, facts: Facts): Result {
  const { ending, nodes, trouble, holdsForPeople } = facts;
  const wasCut = isUnplanned(view) || trouble !== undefined || holdsForPeople || nodes.some(({ result }) => result === undefined || result === 'Cancelled');
  return ending !== undefined && (wasCut || ending.kind === 'TaskFailed') ? failure(ending.kind, ending.message) : runResult(view, facts);
}

/** How a run has ended whose tasks are all decided and none was cut off. */
export function runResult(view: MissionView, facts: Facts): Result {
  const work = workResult(view, facts);
  return work.succeeded ? (undelivered(view, facts) ?? failedFinally(facts) ?? work) : work;
}

function undelivered({ mission: { spec } }: MissionView, { nodes }: Facts): Result | undefined {
  const git = spec.outputs?.git;
  const pusher = nodes.find(({ planned }) => planned.phase === 'output');
  if (git?.mode !== 'Push' || pusher?.result === 'Succeeded') return undefined;
  return failure('OutputFailed', `branch ${git.branch} was not pushed: ${pusher === undefined ? 'the goals were not met when it was due' : lastWords(pusher)}`);
}

function lastWords({ task }: Node): string {
  return task?.status?.outcome?.message ?? 'its task was deleted';
}

function failedFinally({ nodes }: Facts): Result | undefined {
  const failed = nodes.filter(({ result, planned: { phase, spec } }) => phase === 'finally' && result === 'Failed' && spec.onFailure === 'Fail');
  return failed.length === 0 ? undefined : failure('TaskFailed', `${listed('task', namesOf(failed))} of finally failed`);
}
