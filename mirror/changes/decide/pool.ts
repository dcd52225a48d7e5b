// Events of a pool.
import type { CloudEvent } from '#api/events/envelope.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import { findCondition } from '#domain/conditions.ts';
import { changeOf, eventOf, type Sight } from './sight.ts';

const plural = 'agentpools';

/** What happened to a pool between two looks. */
export function poolEvents(sight: Sight<AgentPool>): CloudEvent[] {
  const { status = {} } = sight.now;
  const { readyReplicas = 0, desiredReplicas = 0, busyReplicas = 0, queued = 0 } = status;
  const facts = { ready: readyReplicas, desired: desiredReplicas, busy: busyReplicas, queued, slots: status.slots?.total ?? 0, state: findCondition(status.conditions, 'Ready')?.reason ?? '' };
  return [eventOf(sight, plural, { name: 'pool.changed' }, { data: { ...changeOf(sight), facts }, mission: undefined })];
}
