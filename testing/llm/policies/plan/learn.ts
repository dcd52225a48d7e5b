// A planner that heeds what became of plans: what failed is not tried again, and what worked is done again, whether this mission's own plan failed or lessons tell of others. It knows nothing but the prompt.
import { type Policy, say } from '#testing/llm/policy.ts';
import { type MissionDocument, missionDocument } from './document.ts';
import { makePlan } from './make-plan.ts';
import { makeRevision } from './revise.ts';

/** Plans as the plain planner does, with the actions that nothing speaks against. */
export const learningPolicy: Policy = (request) => {
  const document = missionDocument(request);
  if (document === undefined) return undefined;
  const { revision } = document;
  const taught = advised(document);
  return say(JSON.stringify(revision === undefined ? makePlan(taught) : makeRevision(taught, revision)));
};

/** The document with the actions that worked elsewhere; where none is known, with all that have not failed. */
function advised(document: MissionDocument): MissionDocument {
  const worked = new Set(actionsOf(document, 'Worked'));
  const own = new Set(failedHere(document));
  const failed = new Set([...own, ...actionsOf(document, 'Failed').filter((action) => !worked.has(action))]);
  const proven = only(document, (action) => worked.has(action) && !own.has(action));
  return Object.values(proven.intents).some((actions) => Object.keys(actions).length > 0) ? proven : only(document, (action) => !failed.has(action));
}

/** Actions as `Role/Action`, as lessons of this verdict tell them. */
function actionsOf({ lessons }: MissionDocument, verdict: string): string[] {
  return lessons.filter((lesson) => lesson.verdict === verdict).flatMap(({ plan }) => plan.flatMap((line) => /^[^:]+: (\w+\/\w+)/.exec(line)?.[1] ?? []));
}

/** Of this mission's own plans only the tasks that goals speak of are blamed. */
function failedHere({ revision, limits }: MissionDocument): string[] {
  const tried = [...(revision?.earlier ?? []), ...(revision?.plan.tasks ?? [])];
  return tried.filter(({ name }) => limits.requiredTaskNames.includes(name)).map(({ type, intent }) => `${type}/${intent.action}`);
}

function only(document: MissionDocument, isWanted: (action: string) => boolean): MissionDocument {
  const intents = Object.fromEntries(Object.entries(document.intents).map(([role, actions]) => [role, Object.fromEntries(Object.entries(actions).filter(([action]) => isWanted(`${role}/${action}`)))]));
  return { ...document, intents };
}
