// A sensible plan out of a planner's document: what the goals name, tests, measurements side by side, and a report over all of it.
import type { z } from 'zod';
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import type { MissionDocument } from './document.ts';
import { type Need, needsOf } from './needs.ts';
import { bestOffer, choiceOf, type Offer, offersOf, shareWord, texts } from './offers.ts';

type PlannedTask = z.input<typeof MissionTask>;

/** The answer that a planner asks for. */
export interface PlanAnswer {
  readonly summary: string;
  readonly tasks: readonly PlannedTask[];
}

const maxInputs = 16;
const analysisGroups = 3;
const titleLength = 180;

/** Plans for a mission. Tasks that the goals name come first, so that the limit never cuts them off before others. */
export function makePlan(document: MissionDocument): PlanAnswer {
  const offers = offersOf(document);
  const needs = needsOf(document);
  const needed = needs.flatMap((need) => taskFor(need, offers, document.goal) ?? []);
  const { maxTasks, takenTaskNames } = document.limits;
  const isFree = ({ name }: PlannedTask) => ![...takenTaskNames, ...needed.map((task) => task.name)].includes(name);
  const extras = [...testTasks(document, offers, needed), ...analysisTasks(offers, needed)].filter(isFree);
  const report = reportTask(document, offers, needs).filter(isFree);
  const work = [...needed, ...extras].slice(0, Math.max(needed.length, maxTasks - report.length));
  const isRoom = work.length > 0 && work.length < maxTasks;
  const tasks = isRoom ? [...work, ...report.map((task) => ({ ...task, dependsOn: work.map(({ name }) => name) }))] : work;
  return { summary: `${tasks.length} tasks for the goal "${headline(document)}": ${tasks.map(({ name }) => name).join(', ')}.`.slice(0, 1024), tasks };
}

function taskFor({ name, fields, about }: Need, offers: readonly Offer[], work: string): PlannedTask | undefined {
  const offer = bestOffer(offers, `${name} ${[...fields].join(' ')}`, about);
  if (offer === undefined) return undefined;
  const choice = choiceOf(offer);
  const values = choice?.values.filter((value) => [...fields].some((field) => shareWord(value, field))) ?? [];
  // Only when every result is explained by a value: what is left out would not be measured.
  const isCovered = fields.size > 0 && [...fields].every((field) => values.some((value) => shareWord(value, field)));
  const chosen = choice !== undefined && isCovered ? { [choice.name]: values } : {};
  return taskOf(name, offer, { ...texts(offer, { heading: name, work }), ...chosen });
}

/** Where something is to be mended, tests that fail at first are no reason to stop. */
function testTasks({ goal }: MissionDocument, offers: readonly Offer[], needed: readonly PlannedTask[]): PlannedTask[] {
  const offer = offers.find(({ action }) => /^(run)?tests?$/i.test(action));
  if (offer === undefined || needed.some(({ intent }) => intent.action === offer.action)) return [];
  const mayFail = /\b(?:fail|fix|mend|repair|broken|bug)/i.test(goal);
  return [{ ...taskOf('tests', offer, {}), ...(mayFail ? { onFailure: 'Continue' as const, retryPolicy: { limit: 0 } } : {}) }];
}

/** What the needed tasks leave unmeasured, split so that several agents work at once. */
function analysisTasks(offers: readonly Offer[], needed: readonly PlannedTask[]): PlannedTask[] {
  const offer = offers.find(({ action }) => /^(analy[sz]e|survey|measure|inspect)/i.test(action));
  if (offer === undefined) return [];
  const taken = needed.filter(({ intent }) => intent.action === offer.action).map(({ intent }) => (intent.params ?? {}) as Readonly<Record<string, unknown>>);
  const choice = choiceOf(offer);
  if (choice === undefined) return taken.length > 0 ? [] : [taskOf('survey', offer, {})];
  if (taken.some((params) => params[choice.name] === undefined)) return [];
  const left = choice.values.filter((value) => !taken.some((params) => (params[choice.name] as readonly string[]).includes(value)));
  const size = Math.ceil(left.length / analysisGroups);
  const groups = Array.from({ length: analysisGroups }, (_, index) => left.slice(index * size, (index + 1) * size)).filter((group) => group.length > 0);
  return groups.map((group) => taskOf(`measure-${group.join('-').toLowerCase()}`.slice(0, 40).replace(/-+$/, ''), offer, { [choice.name]: group }));
}

/** A report refers to the results that goals read: other results are not known to exist. */
function reportTask(document: MissionDocument, offers: readonly Offer[], needs: readonly Need[]): PlannedTask[] {
  const offer = offers.find(({ action }) => /report/i.test(action));
  if (offer === undefined) return [];
  const inputs = needs.flatMap(({ name, fields }) => [...fields].map((field) => ({ name: `${name}-${field}`.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-').slice(0, 63), task: name, field: `observed.${field}` })));
  return [{ ...taskOf('report', offer, texts(offer, { heading: headline(document), work: document.goal })), inputs: inputs.slice(0, maxInputs) }];
}

function taskOf(name: string, { type, action }: Offer, params: NonNullable<PlannedTask['intent']['params']>): PlannedTask {
  return { name, type, intent: Object.keys(params).length === 0 ? { action } : { action, params } };
}

function headline({ goal }: MissionDocument): string {
  return goal.replaceAll(/\s+/g, ' ').trim().slice(0, titleLength);
}
