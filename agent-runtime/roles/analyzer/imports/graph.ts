// The import graph of a tree: who imports whom, which files import each other in a round, what much depends on.
import { findCycles } from './cycles.ts';
import { resolveImport, type Sources } from './resolve.ts';
import type { ImportStatement } from './statement.ts';

type When = ImportStatement['when'];

/** An import between two files of the workspace. */
export interface ImportEdge {
  readonly to: string;
  readonly line: number;
  readonly when: When;
}

/** A file and the line of its import that leads to the next. */
export interface Step {
  readonly path: string;
  readonly line: number;
}

/** Files that reach each other by imports at load time. */
export interface ImportCycle {
  /** Sorted. */
  readonly members: readonly string[];
  /** A shortest way round that starts and ends at the first member; the last step leads back to it. */
  readonly loop: readonly Step[];
}

export interface ImportGraph {
  /** Files whose imports were read. */
  readonly files: number;
  /** Imports between files of the workspace that run. */
  readonly edges: number;
  readonly cycles: readonly ImportCycle[];
  /** Most imported first; imports of types alone count here too, for they feel a change. */
  readonly imported: readonly { readonly path: string; readonly importers: number }[];
  /** Files that import nothing of the workspace and that nothing imports, sorted. */
  readonly alone: readonly string[];
}

/** Links the imports of all files. */
export function linkImports(statements: ReadonlyMap<string, readonly ImportStatement[]>, sources: Sources): ImportGraph {
  const edges = new Map([...statements].map(([path, found]) => [path, edgesOf(path, found, sources)]));
  const importers = countImporters(edges);
  return {
    files: statements.size,
    edges: [...edges.values()].reduce((sum, list) => sum + list.filter(({ when }) => when !== 'never').length, 0),
    cycles: cyclesOf(edges),
    imported: [...importers].map(([path, count]) => ({ path, importers: count })).toSorted((a, b) => b.importers - a.importers || (a.path < b.path ? -1 : 1)),
    alone: [...edges].filter(([path, list]) => list.length === 0 && !importers.has(path)).map(([path]) => path),
  };
}

const early: readonly When[] = ['load', 'later', 'never'];

/** One edge to each target: that of the import which runs earliest. */
function edgesOf(path: string, statements: readonly ImportStatement[], sources: Sources): readonly ImportEdge[] {
  const edges = new Map<string, ImportEdge>();
  for (const { line, when, target } of statements) {
    for (const to of resolveImport(path, target, sources)) {
      const known = edges.get(to);
      if (known === undefined || early.indexOf(when) < early.indexOf(known.when)) edges.set(to, { to, line, when });
    }
  }
  return [...edges.values()];
}

function countImporters(edges: ReadonlyMap<string, readonly ImportEdge[]>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [path, list] of edges) for (const { to } of list) if (to !== path) counts.set(to, (counts.get(to) ?? 0) + 1);
  return counts;
}

function cyclesOf(edges: ReadonlyMap<string, readonly ImportEdge[]>): readonly ImportCycle[] {
  const atLoad = new Map([...edges].map(([path, list]) => [path, list.filter(({ when }) => when === 'load')]));
  const targets = new Map([...atLoad].map(([path, list]) => [path, list.map(({ to }) => to)]));
  return findCycles(targets).map((members) => ({ members, loop: shortestLoop(members, atLoad) }));
}

/** Breadth first from the first member until an import leads back to it; within a cycle one always does. */
function shortestLoop(members: readonly string[], edges: ReadonlyMap<string, readonly ImportEdge[]>): readonly Step[] {
  const [start = ''] = members;
  const inside = new Set(members);
  const reachedBy = new Map<string, Step>();
  const queue = [start];
  for (const path of queue) {
    for (const { to, line } of edges.get(path) ?? []) {
      if (to === start) return wayTo({ path, line }, reachedBy);
      if (!inside.has(to) || reachedBy.has(to)) continue;
      reachedBy.set(to, { path, line });
      queue.push(to);
    }
  }
  return [];
}

function wayTo(last: Step, reachedBy: ReadonlyMap<string, Step>): readonly Step[] {
  const steps = [last];
  for (let step = reachedBy.get(last.path); step !== undefined; step = reachedBy.get(step.path)) steps.push(step);
  return steps.toReversed();
}
