// What a mission is about, in the words that memory is searched by: equal for a mission that asks now and for one that has left lessons.
import type { Goal } from '#api/v1alpha1/mission.ts';

/** Most characters of it: a model that turns texts into vectors reads no more with profit. */
const most = 1500;

/** The goal of a mission with what is checked of it. Neither files nor agents are in it: they differ where the work is the same. */
export function situationOf({ goal, goals }: { readonly goal: string; readonly goals: readonly Pick<Goal, 'name' | 'description'>[] }): string {
  const checked = goals.map(({ name, description }) => (description === undefined ? name : `${name}: ${description}`));
  return [goal, ...checked].join('\n').toWellFormed().slice(0, most);
}
