// What agents can be asked for, and which of it fits a need by the words that both use.
import type { MissionDocument, ParamsSchema } from './document.ts';

/** One action of a role that agents of this mission can have. */
export interface Offer {
  readonly type: string;
  readonly action: string;
  readonly description: string;
  readonly params: ParamsSchema | undefined;
}

/** The offers of the roles that agents have and of which every required parameter can be filled in, in the order of the document. */
export function offersOf({ agentTypes, intents }: MissionDocument): Offer[] {
  const all = Object.entries(intents).flatMap(([type, actions]) => Object.entries(actions).map(([action, { description, params }]): Offer => ({ type, action, description, params })));
  return all.filter(({ type, params }) => agentTypes.includes(type) && (params?.required ?? []).every((name) => textFor(name, { heading: 'x', work: 'x' }) !== undefined));
}

/** The offer that has most words in common with a need; what is said around it decides between equals. */
export function bestOffer(offers: readonly Offer[], need: string, around: string): Offer | undefined {
  const rank = ({ action, description }: Offer) => 20 * fit(need, action) + 10 * fit(need, description) + 2 * fit(around, action) + fit(around, description);
  return offers.toSorted((a, b) => rank(b) - rank(a))[0];
}

/** Whether two texts have a word in common, endings aside. */
export function shareWord(a: string, b: string): boolean {
  return fit(a, b) > 0;
}

/** The parameter that takes a list of given values, with its values. */
export function choiceOf({ params }: Offer): { readonly name: string; readonly values: readonly string[] } | undefined {
  for (const [name, schema] of Object.entries(params?.properties ?? {})) {
    const values = (schema as { items?: { enum?: unknown } }).items?.enum;
    if (Array.isArray(values) && values.every((value) => typeof value === 'string')) return { name, values };
  }
  return undefined;
}

/** What can be said of a task: a few words, and what is to be done. */
export interface Words {
  readonly heading: string;
  readonly work: string;
}

/** Required parameters: all of them are texts. Where no schema was sent, a report is given the usual one. */
export function texts({ action, params }: Offer, words: Words): Record<string, string> {
  const names = params === undefined ? (/report/i.test(action) ? ['title'] : []) : params.required;
  return Object.fromEntries(names.map((name) => [name, textFor(name, words) ?? '']));
}

function textFor(parameter: string, { heading, work }: Words): string | undefined {
  if (/instruction|request|prompt/i.test(parameter)) return work;
  return /title|heading|name|summary/i.test(parameter) ? heading : undefined;
}

const stemLength = 5;
const shortest = 4;

/** What people say when they mean tests. */
const ofTests: ReadonlySet<string> = new Set(['unit', 'faile', 'passe', 'skipp', 'green']);

function stems(text: string): string[] {
  const words = text.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase().match(/[a-z]+/g) ?? [];
  const long = words.filter((word) => word.length >= shortest).map((word) => word.slice(0, stemLength).replace(/s$/, ''));
  return long.some((stem) => ofTests.has(stem)) ? [...long, 'test'] : long;
}

function fit(a: string, b: string): number {
  const known = new Set(stems(b));
  return new Set(stems(a).filter((stem) => known.has(stem))).size;
}
