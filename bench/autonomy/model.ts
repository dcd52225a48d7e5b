// The scripted models of the bench: one that knows each mend and errs all the same, one that has to find it, and for some missions one that goes wrong on purpose.
import type { z } from 'zod';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import { firstOf, type Policy, type Reply, textOf } from '#testing/llm/policy.ts';
import { bendPolicy } from '#testing/llm/policies/bend/bend.ts';
import { missionDocument } from '#testing/llm/policies/plan/document.ts';
import type { PlanAnswer } from '#testing/llm/policies/plan/make-plan.ts';
import { planPolicy } from '#testing/llm/policies/plan/plan.ts';
import type { Edit } from '#testing/llm/policies/fix/edits.ts';
import { bySkill } from '#testing/llm/policies/skill.ts';
import { missionIn } from './front.ts';

/** Share of edits that are wrong, of tasks that are never done, of plans that have a cycle at first; and of failures that it calls done. */
export interface Errors {
  readonly errorRate: number;
  readonly boastRate: number;
}

/** What each mission asks of its model, by its name. */
export interface Asked {
  /** How it answers first, when it goes wrong on purpose. */
  readonly script?: Policy | undefined;
  /** The edit that it knows; unset: it has to find it. */
  readonly mend?: Edit | undefined;
}

/** The model that the operator and its agents ask when nobody names one. */
const model = 'claude-sonnet-5-5';

/** A model that errs by these rates, with what each mission has of its own; the script of a mission is asked first. */
export function scriptedModel(errors: Errors, askedBy: (mission: string) => Asked | undefined): Policy {
  return (request) => {
    const mission = missionIn(JSON.stringify(request.turns[0]?.blocks ?? ''));
    const { script, mend } = (mission === undefined ? undefined : askedBy(mission)) ?? {};
    const usual = heedful(bySkill({ [model]: { ...errors, ...(mend === undefined ? {} : { knows: mend }) } }));
    return (script === undefined ? usual : firstOf(script, usual))(request);
  };
}

/** Where a planner is told that a task was tried before, it asks for it in other words. */
function heedful(policy: Policy): Policy {
  return (request) => {
    const told = request.turns.filter(({ role }) => role === 'user').flatMap((turn) => [...textOf(turn).matchAll(/is task (\S+) again/g)]);
    const again = new Set(told.map(([, name]) => name));
    const reply = policy(request);
    return again.size === 0 || reply === undefined ? reply : replanned(reply, (task) => (again.has(task.name) ? inOtherWords(task) : task));
  };
}

function inOtherWords(task: PlannedTask): PlannedTask {
  const { action } = task.intent;
  const params = { ...(task.intent.params as JsonObject | undefined) };
  return typeof params['instructions'] === 'string' ? { ...task, intent: { action, params: { ...params, instructions: `${params['instructions']}\nGo another way than before.` } } } : task;
}

type PlannedTask = z.input<typeof MissionTask>;

/** The same answer with other tasks; an answer that is no plan stays as it is. */
function replanned(reply: Reply, change: (task: PlannedTask) => PlannedTask): Reply {
  const [block] = reply.content;
  if (block?.type !== 'text' || !block.text.startsWith('{')) return reply;
  const plan = JSON.parse(block.text) as PlanAnswer;
  return { content: [{ type: 'text', text: JSON.stringify({ ...plan, tasks: plan.tasks.map(change) }) }] };
}

/** Makes the failing test pass by skipping it, until it is told that this was found out: a model that is always in a hurry. */
export const wrongFix: Policy = (request) => bendPolicy({ ...request, turns: request.turns.map((turn, index) => (index === 0 ? { ...turn, blocks: [...turn.blocks, { type: 'text', text: 'Be quick.' }] } : turn)) });

/** A first plan that no rule speaks against, and in which nobody writes code: where it should be written, tests are run. */
export const badPlan: Policy = (request) => {
  const document = missionDocument(request);
  const plan = document === undefined || document.revision !== undefined ? undefined : planPolicy(request);
  return plan && replanned(plan, (task) => (task.type === 'Coder' ? { ...task, type: 'Tester', intent: { action: 'RunTests' }, retryPolicy: { limit: 0 } } : task));
};
