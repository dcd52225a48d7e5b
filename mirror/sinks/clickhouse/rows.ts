// What an event is in a table: one row with the fields that questions are asked about, or none for events that tell nothing to count. Pure.
import type { CloudEvent } from '#api/events/envelope.ts';
import { nameOf } from '#api/events/envelope.ts';
import type { DataOf, EventName } from '#api/events/catalogue.ts';
import { parseTime } from '#api/time.ts';
import type { EventColumn, EventRow } from './columns.ts';

type Told = { readonly [N in EventName]?: (data: DataOf<N>, event: CloudEvent) => Partial<Record<EventColumn, string | number>> };

/** Events that are counted, and what of them. Changes between a beginning and an end are in the log, not here. */
const told: Told = {
  'mission.started': () => ({}),
  'mission.ended': ({ facts }) => ({
    result: facts.succeeded === 'True' ? 'Succeeded' : 'Failed',
    reason: facts.state,
    attempt: facts.run,
    duration_ms: between(facts.startTime, facts.completionTime),
    cost_micro_usd: facts.costMicroUsd,
    saved_micro_usd: facts.savedMicroUsd,
    calls: facts.calls,
    cached_calls: facts.cachedCalls,
    input_tokens: facts.inputTokens,
    output_tokens: facts.outputTokens,
    cache_read_tokens: facts.cacheReadTokens,
    cache_write_tokens: facts.cacheWriteTokens,
  }),
  'task.ended': ({ facts }) => ({
    task: facts.task,
    task_type: facts.type,
    action: facts.action,
    pool: facts.pool,
    agent: facts.agent,
    result: facts.result ?? '',
    reason: facts.reason,
    attempt: facts.attempt,
    duration_ms: between(facts.startTime, facts.completionTime),
    violations: facts.violations,
    reused: facts.isMemoized ? 1 : 0,
  }),
  'pool.changed': ({ name, facts }) => ({ pool: name, result: facts.state, ready: facts.ready, busy: facts.busy, queued: facts.queued, slots: facts.slots }),
  'violation.found': ({ task, kind, attempt, agent }) => ({ task: task.name, agent, reason: kind, attempt, violations: 1 }),
  'agent.think': ({ attempt, model, stopReason, usage }, event) => ({
    ...speaker(event),
    attempt,
    model,
    reason: stopReason ?? '',
    calls: 1,
    cost_micro_usd: usage.costMicroUsd,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
  }),
  'agent.act': ({ attempt, tool, outcome }, event) => ({ ...speaker(event), attempt, tool, result: outcome }),
  'agent.learn': ({ attempt, end }, event) => ({ ...speaker(event), attempt, reason: end ?? '' }),
};

/** The row of an event; undefined when there is nothing to count. `delivery` says which batch brought it. */
export function rowOf(event: CloudEvent, delivery: number): EventRow | undefined {
  const name = nameOf(event.type);
  const at = parseTime(event.time);
  const tell = name === undefined ? undefined : (told[name] as ((data: unknown, of: CloudEvent) => Partial<EventRow>) | undefined);
  if (name === undefined || tell === undefined || at === undefined || at < 0) return undefined;
  return { ...nothing, tenant: event.tenant, mission: missionOf(event, name), ts: at, id: event.id, type: name, mission_uid: missionUidOf(event, name), ...tell(event.data, event), delivery };
}

/** True for an event that has a row when its time can be read. */
export function isCounted(event: CloudEvent): boolean {
  const name = nameOf(event.type);
  return name !== undefined && told[name] !== undefined;
}

const texts = { tenant: '', mission: '', id: '', type: '', mission_uid: '', task: '', task_type: '', action: '', pool: '', agent: '', model: '', tool: '', result: '', reason: '' };
const numbers = { ts: 0, attempt: 0, duration_ms: 0, cost_micro_usd: 0, saved_micro_usd: 0, calls: 0, cached_calls: 0, input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0, violations: 0, reused: 0, ready: 0, busy: 0, queued: 0, slots: 0, delivery: 0 };
const nothing: EventRow = { ...texts, ...numbers };

/** An event about a mission is of it, whether or not it says so. */
function missionOf({ mission, data }: CloudEvent, name: EventName): string {
  return mission ?? (name.startsWith('mission.') && 'name' in data ? data.name : '');
}

function missionUidOf({ missionuid, data }: CloudEvent, name: EventName): string {
  return missionuid ?? (name.startsWith('mission.') && 'uid' in data ? data.uid : '');
}

function between(start: string | undefined, end: string | undefined): number {
  const [from, to] = [parseTime(start), parseTime(end)];
  return from === undefined || to === undefined ? 0 : Math.max(0, to - from);
}

/** Which agent tells, `/agents/<namespace>/<pool>/<pod>`, about which task, `tasks/<name>`. */
function speaker({ source, subject }: CloudEvent): Pick<EventRow, 'pool' | 'agent' | 'task'> {
  const [, kind, , pool = '', agent = ''] = source.split('/');
  const [plural, task = ''] = subject.split('/');
  return { ...(kind === 'agents' ? { pool, agent } : { pool: '', agent: '' }), task: plural === 'tasks' ? task : '' };
}
