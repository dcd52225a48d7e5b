// Finds one shortest cycle, because "there is a cycle" helps nobody who has a hundred tasks in front of them.
import type { GraphTask } from './graph.ts';

/** One shortest cycle as names, each depending on the next and the last on the first; undefined when there is none. */
export function shortestCycle(tasks: readonly GraphTask[]): string[] | undefined {
  const alive = new Graph(tasks);
  let best: string[] | undefined;
  for (const { name } of tasks) {
    if (!alive.has(name)) continue;
    const cycle = cycleThrough(name, alive, best?.length ?? Number.POSITIVE_INFINITY);
    if (cycle !== undefined) best = cycle;
    // Every cycle through it is known now. Without it most of what is left falls apart, which keeps the whole search near linear.
    alive.remove(name);
  }
  return best;
}

/** The part of the graph in which cycles may still hide: no task in it is without a dependency or a dependent inside it. */
class Graph {
  readonly #dependencies: Map<string, Set<string>>;
  readonly #dependents: Map<string, Set<string>>;

  constructor(tasks: readonly GraphTask[]) {
    this.#dependencies = new Map(tasks.map(({ name, dependsOn }) => [name, new Set(dependsOn)]));
    this.#dependents = new Map(tasks.map(({ name }) => [name, new Set()]));
    for (const [name, dependencies] of this.#dependencies) {
      for (const dependency of dependencies) {
        if (this.#dependencies.has(dependency)) this.#dependents.get(dependency)?.add(name);
        else dependencies.delete(dependency);
      }
    }
    for (const { name } of tasks) if (this.#isLoose(name)) this.remove(name);
  }

  has(name: string): boolean {
    return this.#dependencies.has(name);
  }

  dependenciesOf(name: string): Iterable<string> {
    return this.#dependencies.get(name) ?? [];
  }

  /** Removes a task and all that cannot be part of a cycle without it. */
  remove(name: string): void {
    const doomed = [name];
    for (const next of doomed) {
      const [up, down] = [this.#dependencies.get(next) ?? [], this.#dependents.get(next) ?? []];
      this.#dependencies.delete(next);
      this.#dependents.delete(next);
      for (const other of up) this.#dependents.get(other)?.delete(next);
      for (const other of down) this.#dependencies.get(other)?.delete(next);
      for (const other of [...up, ...down]) if (this.#isLoose(other)) doomed.push(other);
    }
  }

  #isLoose(name: string): boolean {
    return this.#dependencies.get(name)?.size === 0 || this.#dependents.get(name)?.size === 0;
  }
}

/** A shortest cycle through `start` with fewer than `limit` tasks. */
function cycleThrough(start: string, graph: Graph, limit: number): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[start, undefined]]);
  let layer = [start];
  for (let length = 1; length < limit && layer.length > 0; length += 1) {
    const next: string[] = [];
    for (const name of layer) {
      for (const dependency of graph.dependenciesOf(name)) {
        if (dependency === start) return pathTo(name, cameFrom);
        if (cameFrom.has(dependency)) continue;
        cameFrom.set(dependency, name);
        next.push(dependency);
      }
    }
    layer = next;
  }
  return undefined;
}

function pathTo(end: string, cameFrom: ReadonlyMap<string, string | undefined>): string[] {
  const path: string[] = [];
  for (let at: string | undefined = end; at !== undefined; at = cameFrom.get(at)) path.push(at);
  return path.toReversed();
}
