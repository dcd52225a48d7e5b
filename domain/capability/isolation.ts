// Whether an agent's sandbox suffices for its pool.
import type { AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';
import type { TaskStatus } from '#api/v1alpha1/task.ts';

type Boundary = NonNullable<TaskStatus['boundary']>;

const strength: Readonly<Record<Boundary, number>> = { none: 0, partial: 1, full: 2 };
const demanded: Readonly<Record<AgentPoolSpec['isolation'], number>> = { Any: 0, Partial: 1, Full: 2 };

/** True when a boundary is at least what a pool's `isolation` asks for. */
export function isIsolatedEnough(boundary: Boundary, isolation: AgentPoolSpec['isolation']): boolean {
  return strength[boundary] >= demanded[isolation];
}
