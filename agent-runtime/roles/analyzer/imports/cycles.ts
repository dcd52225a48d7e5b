// Cycles of a graph as its strongly connected components (Tarjan), without recursion: real import graphs are deep.

interface Frame {
  readonly node: string;
  next: number;
}

/** Groups of nodes that reach each other, and nodes that reach themselves; each group and the list of groups sorted. */
export function findCycles(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const cycles: string[][] = [];

  const enter = (node: string): Frame => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    stack.push(node);
    onStack.add(node);
    return { node, next: 0 };
  };
  const lower = (node: string, to: number | undefined) => low.set(node, Math.min(low.get(node) ?? 0, to ?? 0));
  const leave = (node: string) => {
    if (low.get(node) !== index.get(node)) return;
    const group = stack.splice(stack.lastIndexOf(node));
    group.forEach((member) => onStack.delete(member));
    if (group.length > 1 || edges.get(node)?.includes(node) === true) cycles.push(group.toSorted());
  };

  for (const root of edges.keys()) {
    if (index.has(root)) continue;
    const path = [enter(root)];
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const target = edges.get(frame.node)?.[frame.next];
      frame.next += 1;
      if (target === undefined) {
        path.pop();
        leave(frame.node);
        const parent = path.at(-1);
        if (parent !== undefined) lower(parent.node, low.get(frame.node));
      } else if (!index.has(target)) path.push(enter(target));
      else if (onStack.has(target)) lower(frame.node, index.get(target));
    }
  }
  return cycles.toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
}
