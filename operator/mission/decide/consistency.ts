// Whether what the tasks of a run left behind is what was expected of them.
import type { Wanted } from '#domain/conditions.ts';
import type { Facts } from './facts.ts';
import { listed } from './work.ts';

/** The condition Consistent: False as soon as one task differs, True once the run has ended without. */
export function consistency({ nodes }: Facts, hasEnded: boolean): readonly Wanted[] {
  const violated = nodes.flatMap(({ planned, task }) => {
    const kinds = new Set(task?.status?.violations?.map(({ kind }) => kind));
    return kinds.size === 0 ? [] : [`${planned.name} (${[...kinds].join(', ')})`];
  });
  if (violated.length > 0) return [{ type: 'Consistent', status: 'False', reason: 'Violated', message: `${listed('task', violated)} left something else behind than was expected` }];
  return hasEnded ? [{ type: 'Consistent', status: 'True', reason: 'Consistent', message: 'what tasks left behind is what was expected' }] : [];
}
