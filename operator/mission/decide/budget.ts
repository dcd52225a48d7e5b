// What the mission has used of language models, and whether that is within its budget. The gateway refuses; this only tells.
import type { OutcomeReason } from '#api/conditions.ts';
import { errorTypes } from '#api/llm.ts';
import type { MissionStatus, MissionUsage } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { findCondition, plainText, type Wanted } from '#domain/conditions.ts';
import { formatMicroUsd, microUsdOf } from '#domain/cost/money.ts';
import { isFinished, type MissionView } from './view.ts';

/** The usage as the status tells it: until something newer is known, what it told before. */
export function usageStatus({ mission, usage }: MissionView): Pick<MissionStatus, 'usage'> {
  if (usage === undefined) return mission.status?.usage === undefined ? {} : { usage: mission.status.usage };
  const { costMicroUsd, ...tokens } = usage.settled;
  const { calls, reservedMicroUsd, cachedCalls, savedMicroUsd = 0 } = usage;
  const saved = cachedCalls === undefined ? {} : { cachedCalls, savedUsd: usdOf(savedMicroUsd) };
  return { usage: { ...tokens, calls, costUsd: usdOf(costMicroUsd), reservedUsd: usdOf(reservedMicroUsd), ...saved } };
}

// As much as a budget can be.
const mostMicroUsd = 999_999_999_999_999;

function usdOf(microUsd: number): string {
  return formatMicroUsd(Math.min(microUsd, mostMicroUsd));
}

/** The condition WithinBudget; none for a mission that has spent nothing, has no budget and was refused nothing. */
export function withinBudget(view: MissionView): readonly Wanted[] {
  const { spec, status } = view.mission;
  const before = findCondition(status?.conditions, 'WithinBudget');
  // How a run has ended stays told, also when nobody remembers the refusal any more.
  if (isFinished(view.mission) && before?.reason === 'BudgetExceeded') return [before];
  const { usage } = usageStatus(view);
  const limitUsd = spec.budget?.maxCostUsd;
  const refusal = refusalOf(view);
  if (refusal !== undefined) return [exceeded(plainText(refusal, 1000))];
  return usage === undefined && limitUsd === undefined ? [] : [bySpending(usage, limitUsd)];
}

function bySpending(usage: MissionUsage | undefined, limitUsd: string | undefined): Wanted {
  const { costUsd = '0.00' } = usage ?? {};
  if (limitUsd === undefined) return within('WithinBudget', `${costUsd} USD are spent; the mission has no budget of its own`);
  const message = `${costUsd} of ${limitUsd} USD are spent`;
  const [spent, limit] = [microUsdOf(costUsd), microUsdOf(limitUsd)];
  if (spent > 0 && spent >= limit) return exceeded(message);
  return within(spent > 0 && spent >= limit - Math.floor(limit / 5) ? 'BudgetLow' : 'WithinBudget', message);
}

function within(reason: 'WithinBudget' | 'BudgetLow', message: string): Wanted {
  return { type: 'WithinBudget', status: 'True', reason, message };
}

function exceeded(message: string): Wanted {
  return { type: 'WithinBudget', status: 'False', reason: 'BudgetExceeded', message };
}

/** What planner or tasks said last, where a budget was the reason. */
function refusalOf({ run, planning: { planner }, tasks }: MissionView): string | undefined {
  if (planner.kind === 'refused') return planner.message.startsWith(`${errorTypes.budget}: `) ? `planner: ${planner.message}` : undefined;
  const refused = tasks.find((task) => task.spec.run === run && lastWordOf(task)?.reason === taskReason);
  return refused && `task ${refused.spec.taskName ?? refused.metadata.name}: ${lastWordOf(refused)?.message ?? ''}`;
}

const taskReason: OutcomeReason = 'BudgetExceeded';

/** Why a task has ended, or else its last attempt until the next begins. */
function lastWordOf({ status: { outcome, assignment, attempts } = {} }: Task): { readonly reason: string; readonly message: string } | undefined {
  return outcome ?? (assignment === undefined ? attempts?.at(-1) : undefined);
}
