// Lays a task graph out as a forest: each task below the last of its dependencies to become ready. Pure, and total for wrong graphs too.

interface Linked {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

export type Branch = 'child' | 'last' | 'past' | 'none';

export interface Place {
  readonly name: string;
  /** The lines to draw before the name, outermost first; empty for a task at the edge. */
  readonly branches: readonly Branch[];
}

/** Places in drawing order: every task exactly once. */
export function layout(tasks: readonly Linked[]): Place[] {
  const depths = depthsOf(tasks);
  const children = new Map<string, Linked[]>();
  const roots: Linked[] = [];
  for (const task of tasks) {
    const parent = parentOf(task, depths);
    if (parent === undefined) roots.push(task);
    else children.set(parent, [...(children.get(parent) ?? []), task]);
  }
  const places: Place[] = [];
  const waiting = roots.map((task) => ({ task, branches: [] as readonly Branch[] })).toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { task, branches } = next;
    places.push({ name: task.name, branches });
    const below = children.get(task.name) ?? [];
    const outer = branches.map((branch): Branch => (branch === 'child' || branch === 'past' ? 'past' : 'none'));
    below.forEach((_, index) => {
      const child = below[below.length - 1 - index];
      if (child !== undefined) waiting.push({ task: child, branches: [...outer, index === 0 ? 'last' : 'child'] });
    });
  }
  return places;
}

/** Length of the longest way from a task without dependencies; tasks in or behind a cycle have none. */
function depthsOf(tasks: readonly Linked[]): ReadonlyMap<string, number> {
  const depths = new Map<string, number>();
  for (let grown = true; grown; ) {
    grown = false;
    for (const { name, dependsOn } of tasks) {
      const before = dependsOn.map((dependency) => depths.get(dependency));
      if (depths.has(name) || before.includes(undefined)) continue;
      depths.set(name, Math.max(-1, ...before.map((depth) => depth ?? 0)) + 1);
      grown = true;
    }
  }
  return depths;
}

/** The deepest dependency, the later one of equals; none for a task of unknown depth, which stays at the edge. */
function parentOf({ name, dependsOn }: Linked, depths: ReadonlyMap<string, number>): string | undefined {
  if (!depths.has(name)) return undefined;
  let parent: string | undefined;
  let deepest = -1;
  for (const dependency of dependsOn) {
    const depth = depths.get(dependency) ?? -1;
    if (depth >= deepest) [parent, deepest] = [dependency, depth];
  }
  return parent;
}
