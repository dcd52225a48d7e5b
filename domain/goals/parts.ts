// Goals that are parts of goals: what a whole needs, and what it says of its parts.
import type { Goal } from '#api/v1alpha1/mission.ts';
import type { Verdict } from './verdict.ts';

/** Most levels of goals, the topmost one included. */
export const maxLevels = 3;

/** A goal, the one it is a part of, and so on up; ends where it would meet one again. */
export function lineUp(goal: Goal, goals: ReadonlyMap<string, Goal>): Goal[] {
  const line: Goal[] = [];
  for (let at: Goal | undefined = goal; at !== undefined && !line.includes(at); at = at.parent === undefined ? undefined : goals.get(at.parent)) line.push(at);
  return line;
}

const byName = (goals: readonly Goal[]) => new Map(goals.map((goal) => [goal.name, goal]));

/** Names of the goals that the mission needs: required, and not only a part of something that is not. */
export function requiredGoals(goals: readonly Goal[]): ReadonlySet<string> {
  const known = byName(goals);
  return new Set(goals.filter((goal) => lineUp(goal, known).every(({ required }) => required)).map(({ name }) => name));
}

/** The parts that a goal needs. */
export function requiredParts(name: string, goals: readonly Goal[]): Goal[] {
  return goals.filter(({ parent, required }) => parent === name && required);
}

/** The verdict of each goal, its parts taken into account; `own` gives what its own check says, undefined without one. */
export function withParts(goals: readonly Goal[], own: (goal: Goal) => Verdict | undefined): (Verdict & { readonly name: string })[] {
  const known = byName(goals);
  const level = new Map(goals.map((goal) => [goal.name, lineUp(goal, known).length]));
  const verdicts = new Map<string, Verdict>();
  // Deepest first, so that each whole finds its parts decided.
  for (const goal of goals.toSorted((a, b) => (level.get(b.name) ?? 0) - (level.get(a.name) ?? 0))) {
    const parts = requiredParts(goal.name, goals).map(({ name }) => ({ name, verdict: verdicts.get(name) ?? undecided }));
    verdicts.set(goal.name, whole(own(goal), parts));
  }
  return goals.map(({ name }) => ({ name, ...(verdicts.get(name) ?? undecided) }));
}

const undecided: Verdict = { state: 'Unknown', reason: 'Waiting', evidence: 'nothing has been checked yet' };

interface Part {
  readonly name: string;
  readonly verdict: Verdict;
}

/** One that is unmet decides, be it the own check or a part; then one that is unknown. */
function whole(own: Verdict | undefined, parts: readonly Part[]): Verdict {
  if (parts.length === 0) return own ?? undecided;
  const evidence = [`parts: ${parts.map(({ name, verdict }) => `${name} ${verdict.state}`).join(', ')}`, ...(own === undefined ? [] : [own.evidence])].join('; ');
  const having = (state: Verdict['state']) => parts.some(({ verdict }) => verdict.state === state);
  if (own?.state === 'Unmet') return { ...own, evidence };
  if (having('Unmet')) return { ...own, state: 'Unmet', reason: 'PartsUnmet', evidence };
  if (own?.state === 'Unknown') return { ...own, evidence };
  if (having('Unknown')) return { ...own, state: 'Unknown', reason: 'Waiting', evidence };
  return { reason: 'PartsMet', ...own, state: 'Met', evidence };
}
