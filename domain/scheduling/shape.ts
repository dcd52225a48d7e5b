// Tasks of one shape can be served by the same agents: when one of them finds no slot, none will.
import type { PoolNeed } from '#domain/capability/match.ts';

/** The key that tasks of equal needs share. */
export function taskShape({ namespace, type, capabilities, resources, poolSelector, gitSecret = '', notOn = [] }: PoolNeed): string {
  const labels = Object.entries(poolSelector?.matchLabels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([namespace, type, capabilities.toSorted(), resources?.cpu ?? '', resources?.memory ?? '', labels, gitSecret, notOn]);
}
