// How a run has ended, told from its tasks and goals.
import type { MissionReason } from '#api/conditions.ts';
import type { Instant } from '#api/time.ts';
import type { Ending } from './ending.ts';
import { decideRunGoals } from './rollup.ts';
import type { Facts, MissionView } from './view.ts';

/** How a run ended. */
export interface Result {
  readonly succeeded: boolean;
  readonly reason: MissionReason<'Succeeded'>;
  readonly message: string;
}

/** How a run that was brought to an end has ended: by its tasks alone when all of them had been decided before. */
export function resultOfEnding(view: MissionView, facts: Facts, ending: Ending, now: Instant): Result {
  const wasCut = facts.nodes.some(({ result }) => result === undefined || result === 'Cancelled');
  if (wasCut || ending.kind === 'TaskFailed') return { succeeded: false, reason: ending.kind, message: ending.message };
  return resultOfTasks(view, facts, now);
}

/** How a run has ended whose tasks are all decided and none was cut off. */
export function resultOfTasks(view: MissionView, facts: Facts, now: Instant): Result {
  const { failures } = facts;
  if (failures.length > view.mission.spec.errorThreshold) {
    return { succeeded: false, reason: 'TaskFailed', message: `${listed('task', failures.map(({ planned }) => planned.name))} failed` };
  }
  const goals = decideRunGoals(view, facts, now);
  const required = new Set(view.mission.spec.goals.filter((goal) => goal.required).map(({ name }) => name));
  const unmet = goals.filter(({ name, state }) => required.has(name) && state !== 'Met').map(({ name }) => name);
  if (unmet.length > 0) return { succeeded: false, reason: 'GoalsUnmet', message: `${listed('goal', unmet)} not met` };
  if (goals.length === 0) return { succeeded: true, reason: 'TasksSucceeded', message: `all ${facts.nodes.length} tasks are done` };
  return { succeeded: true, reason: 'GoalsMet', message: `all required goals are met by ${facts.nodes.length} tasks` };
}

const shown = 5;

/** `tasks a, b, c, d, e and 4 more` */
function listed(word: string, names: readonly string[]): string {
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return `${word}${names.length === 1 ? '' : 's'} ${names.slice(0, shown).join(', ')}${more}`;
}
