// Ways through a graph that end where they began.

/** Targets by node; a node without a row leads nowhere. */
export type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

/** The shortest cycle through the first node, by name, of each tangle; every cycle ends with the node it begins with. */
export function cycles(arrows: Arrows): string[][] {
  return [...arrows.keys()].flatMap((node) => {
    const path = wayBack(node, arrows);
    return path !== undefined && path.every((other) => node <= other) ? [[...path, node]] : [];
  });
}

function wayBack(start: string, arrows: Arrows): readonly string[] | undefined {
  const queue: (readonly string[])[] = [[start]];
  const seen = new Set<string>();
  for (const path of queue) {
    for (const next of arrows.get(path.at(-1) ?? '') ?? []) {
      if (next === start) return path;
      if (!seen.has(next)) queue.push([...path, next]);
      seen.add(next);
    }
  }
  return undefined;
}
