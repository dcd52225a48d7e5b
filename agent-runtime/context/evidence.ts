// What speaks for a test framework or a formatter, and how the likeliest is found among several.

/** `says`: it is what the workspace runs. `configures`: it is set up. `mentions`: it is among the dependencies. */
export type Weight = 'says' | 'configures' | 'mentions';

/** One sign for one tool. */
export interface Sign<T extends string> {
  readonly tool: T;
  readonly weight: Weight;
}

const weights: Readonly<Record<Weight, number>> = { says: 3, configures: 2, mentions: 1 };

/** Tools by their heaviest sign; among equals the one of the language that the workspace has most of, then the first in the order of `signs`. */
export function likeliestFirst<T extends string>(signs: readonly Sign<T>[], languages: readonly string[], languagesOf: (tool: T) => readonly string[]): readonly T[] {
  const heaviest = new Map<T, number>();
  for (const { tool, weight } of signs) heaviest.set(tool, Math.max(heaviest.get(tool) ?? 0, weights[weight]));
  const place = (tool: T) => Math.min(...languagesOf(tool).map((language) => languages.indexOf(language)).map((index) => (index === -1 ? languages.length : index)));
  return [...heaviest].toSorted(([a, one], [b, other]) => other - one || place(a) - place(b)).map(([tool]) => tool);
}
