// Where tasks stand in the drawing of a graph: layers by the longest way from the start, and few crossings inside them. Total for wrong graphs too.

export interface Linked {
  readonly name: string;
  readonly dependsOn: readonly string[];
}

export interface Place {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** Where it bends, from left to right. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Drawing {
  readonly places: readonly Place[];
  readonly edges: readonly Edge[];
  readonly width: number;
  readonly height: number;
}

export interface Sizes {
  readonly width: number;
  readonly height: number;
  readonly gapX: number;
  readonly gapY: number;
}

/** A task, or the place where a long edge passes a layer. */
interface Knot {
  readonly id: string;
  readonly layer: number;
  readonly isTask: boolean;
  readonly before: Knot[];
  readonly after: Knot[];
  row: number;
  y: number;
}

const sweeps = 8;

/** Draws a graph from left to right. */
export function layout(tasks: readonly Linked[], sizes: Sizes): Drawing {
  const depths = depthsOf(tasks);
  const { knots, chains } = knotsOf(tasks, depths);
  const layers = layersOf(knots);
  for (let sweep = 0; sweep < sweeps; sweep++) arrange(sweep % 2 === 0 ? layers : layers.toReversed(), sweep % 2 === 0 ? 'before' : 'after');
  const heightOf = (knot: Knot) => (knot.isTask ? sizes.height : sizes.height / 3);
  spread(layers, (knot) => heightOf(knot) + sizes.gapY);
  const lowest = Math.min(0, ...[...knots.values()].map(({ y }) => y));
  const top = (knot: Knot) => knot.y - lowest;
  const places = tasks.flatMap(({ name }) => at(knots, name).map((knot) => ({ name, x: knot.layer * (sizes.width + sizes.gapX), y: top(knot) })));
  const edges = chains.map(({ from, to, path }): Edge => ({ from, to, points: path.map((knot) => ({ x: knot.layer * (sizes.width + sizes.gapX), y: top(knot) + heightOf(knot) / 2 })) }));
  const height = Math.max(0, ...[...knots.values()].map((knot) => top(knot) + heightOf(knot)));
  return { places, edges, width: Math.max(0, layers.length * (sizes.width + sizes.gapX) - sizes.gapX), height };
}

function at(knots: ReadonlyMap<string, Knot>, name: string): Knot[] {
  const found = knots.get(name);
  return found === undefined ? [] : [found];
}

/** Length of the longest way to each task. Tasks in or behind a cycle stand behind all that are known. */
export function depthsOf(tasks: readonly Linked[]): ReadonlyMap<string, number> {
  const names = new Set(tasks.map(({ name }) => name));
  const depths = new Map<string, number>();
  let waiting = tasks;
  while (waiting.length > 0) {
    const ready = waiting.filter(({ dependsOn }) => dependsOn.every((name) => depths.has(name) || !names.has(name)));
    if (ready.length === 0) break;
    for (const { name, dependsOn } of ready) depths.set(name, Math.max(-1, ...dependsOn.map((dependency) => depths.get(dependency) ?? -1)) + 1);
    waiting = waiting.filter(({ name }) => !depths.has(name));
  }
  const behind = Math.max(-1, ...depths.values()) + 1;
  for (const { name } of waiting) depths.set(name, behind);
  return depths;
}

interface Chain {
  readonly from: string;
  readonly to: string;
  readonly path: readonly Knot[];
}

function knotsOf(tasks: readonly Linked[], depths: ReadonlyMap<string, number>): { readonly knots: Map<string, Knot>; readonly chains: readonly Chain[] } {
  const knots = new Map<string, Knot>();
  const make = (id: string, layer: number, isTask: boolean): Knot => {
    const knot: Knot = { id, layer, isTask, before: [], after: [], row: 0, y: 0 };
    knots.set(id, knot);
    return knot;
  };
  for (const { name } of tasks) make(name, depths.get(name) ?? 0, true);
  const chains: Chain[] = [];
  for (const { name, dependsOn } of tasks) {
    for (const dependency of new Set(dependsOn)) {
      const [from, to] = [knots.get(dependency), knots.get(name)];
      // A dependency that is nowhere, and one of a cycle, have no line.
      if (from === undefined || to === undefined || from.layer >= to.layer) continue;
      const between = Array.from({ length: to.layer - from.layer - 1 }, (_, index) => make(`${dependency} > ${name} ${index}`, from.layer + index + 1, false));
      const path = [from, ...between, to];
      path.slice(1).forEach((knot, index) => link(path[index], knot));
      chains.push({ from: dependency, to: name, path });
    }
  }
  return { knots, chains };
}

function link(from: Knot | undefined, to: Knot): void {
  if (from === undefined) return;
  from.after.push(to);
  to.before.push(from);
}

function layersOf(knots: ReadonlyMap<string, Knot>): Knot[][] {
  const layers: Knot[][] = [];
  for (const knot of knots.values()) {
    const layer = (layers[knot.layer] ??= []);
    knot.row = layer.length;
    layer.push(knot);
  }
  return layers.map((layer) => layer ?? []);
}

/** Puts each knot near the middle of its neighbours on one side. */
function arrange(layers: readonly Knot[][], side: 'before' | 'after'): void {
  for (const layer of layers) {
    const wished = new Map(layer.map((knot) => [knot, middle(knot[side].map(({ row }) => row)) ?? knot.row]));
    layer.sort((a, b) => (wished.get(a) ?? 0) - (wished.get(b) ?? 0) || a.row - b.row);
    layer.forEach((knot, row) => (knot.row = row));
  }
}

/** Gives heights: first one under the other, then towards the neighbours as far as the order allows. */
function spread(layers: readonly Knot[][], room: (knot: Knot) => number): void {
  for (const layer of layers) {
    let y = 0;
    for (const knot of layer) {
      knot.y = y;
      y += room(knot);
    }
  }
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const [order, side] = sweep % 2 === 0 ? ([layers, 'before'] as const) : ([layers.toReversed(), 'after'] as const);
    for (const layer of order) pull(layer, side, room);
  }
}

function pull(layer: readonly Knot[], side: 'before' | 'after', room: (knot: Knot) => number): void {
  const wished = layer.map((knot) => middle(knot[side].map(({ y }) => y)) ?? knot.y);
  // From above nobody may come too near to the one before; what is too low then is pushed back from below.
  let least = Number.NEGATIVE_INFINITY;
  layer.forEach((knot, index) => {
    knot.y = Math.max(wished[index] ?? 0, least);
    least = knot.y + room(knot);
  });
  const shift = (middle(layer.map(({ y }, index) => (wished[index] ?? 0) - y)) ?? 0);
  for (const knot of layer) knot.y += shift;
}

function middle(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
