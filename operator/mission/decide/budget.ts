// What the mission has used of language models, and whether that is within its budget. The gateway refuses; this only tells.
import type { OutcomeReason } from '#api/conditions.ts';
import { errorTypes, type Usage } from '#api/llm.ts';
import { formatTime } from '#api/time.ts';
import type { Budget, MissionStatus, MissionUsage } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { findCondition, plainText, type Wanted } from '#domain/conditions.ts';
import { isReached } from '#domain/cost/ladder.ts';
import { microUsdOf, usdOf } from '#domain/cost/money.ts';
import { isFinished, type MissionView } from './view.ts';

/** The usage as the status tells it: until something newer is known, what it told before; once settled, the same until the next run. */
export function usageStatus({ mission, usage, usageSettledAt }: MissionView): Pick<MissionStatus, 'usage'> {
  const before = mission.status?.usage;
  const isOver = isFinished(mission);
  if (isOver && before?.settledTime !== undefined) return { usage: before };
  const figures = usage === undefined ? before && unsettled(before) : toldBy(usage);
  if (figures === undefined) return {};
  return { usage: { ...figures, ...(isOver && usageSettledAt !== undefined ? { settledTime: formatTime(usageSettledAt) } : {}) } };
}

function unsettled(usage: MissionUsage): MissionUsage {
  const { settledTime: _, ...figures } = usage;
  return figures;
}

function toldBy(usage: Usage): MissionUsage {
  const { costMicroUsd, ...tokens } = usage.settled;
  const { calls, reservedMicroUsd } = usage;
  return { ...tokens, calls, costUsd: usdOf(costMicroUsd), reservedUsd: usdOf(reservedMicroUsd), ...savingsOf(usage) };
}

function savingsOf({ cachedCalls, downgradedCalls, batchedCalls, savedMicroUsd }: Usage): Pick<MissionUsage, 'cachedCalls' | 'downgradedCalls' | 'batchedCalls' | 'savedUsd'> {
  return {
    ...(cachedCalls === undefined ? {} : { cachedCalls }),
    ...(downgradedCalls === undefined ? {} : { downgradedCalls }),
    ...(batchedCalls === undefined ? {} : { batchedCalls }),
    ...(savedMicroUsd === undefined ? {} : { savedUsd: usdOf(savedMicroUsd) }),
  };
}

/** The condition WithinBudget; none for a mission that has spent nothing, has no budget and was refused nothing. */
export function withinBudget(view: MissionView): readonly Wanted[] {
  const { spec, status } = view.mission;
  const before = findCondition(status?.conditions, 'WithinBudget');
  // How a run has ended stays told, also when nobody remembers the refusal any more.
  if (isFinished(view.mission) && before?.reason === 'BudgetExceeded') return [before];
  const { usage } = usageStatus(view);
  const refusal = refusalOf(view);
  if (refusal !== undefined) return [exceeded(plainText(refusal, 1000))];
  const waiting = waitingOf(view);
  if (waiting > 0) return [suspended(waiting, usage, spec.budget)];
  return usage === undefined && spec.budget === undefined ? [] : [bySpending(usage, spec.budget)];
}

/** True when a call was refused for want of money, and the mission is to be cancelled then. */
export function moneyCancels(view: Pick<MissionView, 'mission' | 'run' | 'planning' | 'tasks'>): boolean {
  return view.mission.spec.budget?.onExceeded === 'Cancel' && refusalOf(view) !== undefined;
}

function waitingOf({ mission, usage }: MissionView): number {
  return isFinished(mission) ? 0 : (usage?.waiting ?? 0);
}

function suspended(waiting: number, usage: MissionUsage | undefined, budget: Budget | undefined): Wanted {
  const { message } = bySpending(usage, budget);
  return { type: 'WithinBudget', status: 'False', reason: 'BudgetSuspended', message: `${message}; ${waiting === 1 ? '1 call waits' : `${waiting} calls wait`} for more` };
}

function bySpending(usage: MissionUsage | undefined, budget: Budget | undefined): Wanted {
  const { costUsd = '0.00' } = usage ?? {};
  if (budget === undefined) return within('WithinBudget', `${costUsd} USD are spent; the mission has no budget of its own`);
  const message = `${costUsd} of ${budget.maxCostUsd} USD are spent`;
  const [spent, limit] = [microUsdOf(costUsd), microUsdOf(budget.maxCostUsd)];
  if (spent > 0 && spent >= limit) return exceeded(message);
  return within(spent > 0 && isReached(budget.warnPercent, { usedMicroUsd: spent, limitMicroUsd: limit }) ? 'BudgetLow' : 'WithinBudget', message);
}

function within(reason: 'WithinBudget' | 'BudgetLow', message: string): Wanted {
  return { type: 'WithinBudget', status: 'True', reason, message };
}

function exceeded(message: string): Wanted {
  return { type: 'WithinBudget', status: 'False', reason: 'BudgetExceeded', message };
}

/** What planner or tasks said last, where a budget was the reason. */
function refusalOf({ run, planning: { planner }, tasks }: Pick<MissionView, 'run' | 'planning' | 'tasks'>): string | undefined {
  if (planner.kind === 'refused') return planner.message.startsWith(`${errorTypes.budget}: `) ? `planner: ${planner.message}` : undefined;
  const refused = tasks.find((task) => task.spec.run === run && lastWordOf(task)?.reason === taskReason);
  return refused && `task ${refused.spec.taskName ?? refused.metadata.name}: ${lastWordOf(refused)?.message ?? ''}`;
}

const taskReason: OutcomeReason = 'BudgetExceeded';

/** Why a task has ended, or else its last attempt until the next begins. */
function lastWordOf({ status: { outcome, assignment, attempts } = {} }: Task): { readonly reason: string; readonly message: string } | undefined {
  return outcome ?? (assignment === undefined ? attempts?.at(-1) : undefined);
}
