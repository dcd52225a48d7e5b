// What a plan must obey beyond its form: the rules of explicit graphs, and what no planner may do whatever the graph.
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import { firstUnservable } from '#domain/capability/match.ts';
import { depthOf } from '#domain/graph/graph.ts';
import { intentFault } from '#domain/intent/validate.ts';
import { describePlanFault, firstPlanFault } from '#domain/plan/faults.ts';
import { neededTasks, pushBranch, takenNames } from './needs.ts';
import { askingOf, operatorsActions, pushAction } from './offers.ts';
import type { PlanQuestion } from './request.ts';

interface Proposal {
  readonly tasks: readonly MissionTask[];
  readonly question: PlanQuestion;
}

/** In order of precedence; each finds all there is to find, so that one repair can mend it. */
const rules: readonly ((proposal: Proposal) => string[])[] = [neededIsMissing, nameIsTaken, graphIsInvalid, intentIsInvalid, actsForTheOperator, actsOutside, nobodyServes, outlivesTheMission, isTooDeep, decidesForTheUser];

/** Everything wrong with the tasks of a plan, each told with its path. */
export function planFaults(tasks: readonly MissionTask[], question: PlanQuestion): string[] {
  return rules.flatMap((rule) => rule({ tasks, question }));
}

function neededIsMissing({ tasks, question }: Proposal): string[] {
  const names = new Set(tasks.map(({ name }) => name));
  const missing = neededTasks(question.mission.spec).filter(({ name }) => !names.has(name));
  return missing.map(({ name, field, use }) => `${field} ${use}: the plan needs a task named ${name}`);
}

function nameIsTaken({ tasks, question }: Proposal): string[] {
  const taken = takenNames(question.mission.spec);
  return tasks.flatMap(({ name }, index) => (taken.has(name) ? [`tasks[${index}].name: ${name} is the name of the task of ${taken.get(name) ?? ''}`] : []));
}

function graphIsInvalid({ tasks, question }: Proposal): string[] {
  const fault = firstPlanFault({ ...question.mission.spec, tasks: [...tasks] });
  return fault === undefined ? [] : [describePlanFault(fault)];
}

function intentIsInvalid({ tasks }: Proposal): string[] {
  return tasks.flatMap(({ type, intent }, index) => intentFault(type, intent, `tasks[${index}].intent`) ?? []);
}

function actsForTheOperator({ tasks }: Proposal): string[] {
  return tasks.flatMap(({ intent }, index) => (operatorsActions.has(intent.action) ? [`tasks[${index}].intent.action: ${intent.action} is planned by the operator alone, to check a goal: leave the task out`] : []));
}

function actsOutside({ tasks, question }: Proposal): string[] {
  const branch = pushBranch(question.mission.spec);
  return tasks.flatMap(({ sideEffects, intent }, index) => {
    const isPush = intent.action === pushAction;
    if (branch === undefined && sideEffects === 'External') return [`tasks[${index}].sideEffects: External is not allowed: the mission has no outputs.git with mode Push`];
    if (branch === undefined && isPush) return [`tasks[${index}].intent.action: ${pushAction} is not allowed: the mission has no outputs.git with mode Push`];
    if (isPush && intent.params?.['branch'] !== branch) return [`tasks[${index}].intent.params.branch: may only be ${branch}, the branch of outputs.git`];
    if (isPush && sideEffects !== 'External') return [`tasks[${index}].sideEffects: ${pushAction} needs External`];
    return [];
  });
}

function nobodyServes({ tasks, question: { mission, pools } }: Proposal): string[] {
  const asking = askingOf(mission.metadata.namespace, mission.spec);
  return tasks.flatMap(({ type, capabilities, resources }, index) => firstUnservable([{ ...asking, type, capabilities, resources, field: `tasks[${index}]` }], pools)?.message ?? []);
}

function outlivesTheMission({ tasks, question }: Proposal): string[] {
  const limit = question.mission.spec.activeDeadlineSeconds ?? Number.POSITIVE_INFINITY;
  return tasks.flatMap(({ activeDeadlineSeconds: own }, index) => (own > limit ? [`tasks[${index}].activeDeadlineSeconds: ${own} is beyond the mission's own ${limit}`] : []));
}

function isTooDeep({ tasks, question }: Proposal): string[] {
  const limit = question.mission.spec.planner?.maxDepth;
  const depth = depthOf(tasks);
  return limit === undefined || depth <= limit ? [] : [`tasks: ${depth} tasks in a row depend on each other, the limit is ${limit}`];
}

/** Fields of a task that are the user's to say: a plan may not widen what it may spend and use. */
export const usersFields = ['modelPolicy', 'toolPolicy', 'budget', 'memoize'] as const;

function decidesForTheUser({ tasks }: Proposal): string[] {
  return tasks.flatMap((task, index) => usersFields.flatMap((field) => (task[field] === undefined ? [] : [`tasks[${index}].${field}: is not the planner's to say: leave it out`])));
}
