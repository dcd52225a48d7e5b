// The little of a Dockerfile that others must know: its stages, and what its arguments are when nobody sets them.

/** Default of a build argument; throws when it has none. */
export function defaultOf(dockerfile: string, argument: string): string {
  const [, value] = new RegExp(`^ARG ${argument}=(\\S+)$`, 'm').exec(dockerfile) ?? [];
  if (value === undefined) throw new Error(`read the Dockerfile: the argument ${argument} has no default, so its image cannot be made; give it one`);
  return value;
}

/** Text of one stage, from its FROM to the next; throws when there is none of that name. */
export function stageText(dockerfile: string, name: string): string {
  const stage = stages(dockerfile).get(name);
  if (stage === undefined) throw new Error(`read the Dockerfile: it has no stage ${name}; correct the name`);
  return stage;
}

/** Stages by name, in their order, without comments. */
export function stages(dockerfile: string): ReadonlyMap<string, string> {
  const texts = dockerfile.replaceAll(/^#.*\n/gm, '').split(/^(?=FROM )/m).slice(1);
  return new Map(texts.map((text) => [/^FROM \S+ AS (\S+)/.exec(text)?.[1] ?? '', text]));
}
