// Policies that answer a planner: the right way, and each of the wrong ways that a planner has to live with.
import { type Policy, say, textOf } from '#testing/llm/policy.ts';
import type { ParsedRequest } from '#testing/llm/request.ts';
import { missionDocument } from './document.ts';
import { makePlan, type PlanAnswer } from './make-plan.ts';
import { makeRevision } from './revise.ts';

/** Answers with one JSON object and nothing else. */
export const planPolicy: Policy = planning((plan) => JSON.stringify(plan));

/** The same, in a fenced block with prose around it. */
export const fencedJson: Policy = planning((plan) => `Here is the plan that I suggest.\n\n\`\`\`json\n${JSON.stringify(plan, null, 2)}\n\`\`\`\n\nThe report comes last and reads what the others found.`);

/** A cycle at first; the right plan once the caller has said what is wrong. */
export const badThenGood: Policy = planning((plan, request) => JSON.stringify(wasToldFaults(request) ? plan : withCycle(plan)));

/** A cycle, whatever the caller says. */
export const alwaysBad: Policy = planning((plan) => JSON.stringify(withCycle(plan)));

/** No plan at all: braces that open and never close. */
export const garbage: Policy = planning(({ tasks }) => `Sure! {"summary": "${tasks.length} tasks, ${'and so on, '.repeat(20)}{"tasks": [{{,, "name": tests`);

function planning(write: (plan: PlanAnswer, request: ParsedRequest) => string): Policy {
  return (request) => {
    const document = missionDocument(request);
    if (document === undefined) return undefined;
    return say(write(document.revision === undefined ? makePlan(document) : makeRevision(document, document.revision), request));
  };
}

/** Said after an answer of ours, with at least one line that is an item of a list or names a task. */
function wasToldFaults({ turns }: ParsedRequest): boolean {
  const answered = turns.findIndex(({ role }) => role === 'assistant');
  return answered >= 0 && turns.slice(answered).some((turn) => turn.role === 'user' && /^\s*(?:[-*]|\d+[.)])\s|\btasks\b|\bfaults?\b/m.test(textOf(turn)));
}

function withCycle({ summary, tasks }: PlanAnswer): PlanAnswer {
  const [first, second = first] = tasks;
  if (first === undefined || second === undefined) return { summary, tasks };
  const bend = (task: typeof first) => (task === first ? { ...task, dependsOn: [second.name] } : task === second ? { ...task, dependsOn: [first.name] } : task);
  return { summary, tasks: tasks.map(bend) };
}
