// Which tasks a mission names before there is a plan, and what its goals want to know of them.
import type { MissionDocument } from './document.ts';

/** A task that goals name, with the results that they read. */
export interface Need {
  readonly name: string;
  readonly fields: ReadonlySet<string>;
  /** What the goals say about it. */
  readonly about: string;
}

interface Mention {
  readonly name: string;
  readonly field?: string | undefined;
  readonly about: string;
}

type Goal = MissionDocument['goals'][number];

const mentioned = /tasks(?:\[["']([^"']+)["']\]|\.([A-Za-z0-9_]+))(?:\.observed\.([A-Za-z0-9_]+))?/g;

/** Tasks in the order in which goals name them, then those that the limits require. */
export function needsOf({ goals, limits }: MissionDocument): Need[] {
  const required = limits.requiredTaskNames.map((name): Mention => ({ name, about: '' }));
  const byName = Map.groupBy([...goals.flatMap(mentionsOf), ...required], ({ name }) => name);
  return [...byName].map(([name, mentions]) => ({ name, fields: new Set(mentions.flatMap(({ field }) => field ?? [])), about: mentions.map(({ about }) => about).join(' ') }));
}

function mentionsOf({ name, description = '', check = {} }: Goal): Mention[] {
  const about = `${name} ${description}`;
  const inExpression = [...(check.expression ?? '').matchAll(mentioned)].map(([, quoted = '', dotted = '', field]) => ({ name: quoted + dotted, field, about }));
  const checked = check.command?.from === undefined ? [] : [{ name: check.command.from, about }];
  const made = check.artifact === undefined ? [] : [{ name: check.artifact.task, about: `${about} ${check.artifact.name ?? ''}` }];
  return [...inExpression, ...checked, ...made];
}
