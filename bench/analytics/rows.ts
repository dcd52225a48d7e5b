// Events of a house that works: many missions, a few models and pools, agents that think and act, and now and then a task that ends.
import type { EventRow } from '#mirror/sinks/clickhouse/columns.ts';

export const t0 = Date.UTC(2026, 0, 1);

const texts = { tenant: '', mission: '', id: '', type: '', mission_uid: '', task: '', task_type: '', action: '', pool: '', agent: '', model: '', tool: '', result: '', reason: '' };
const numbers = { ts: 0, attempt: 1, duration_ms: 0, cost_micro_usd: 0, saved_micro_usd: 0, calls: 0, cached_calls: 0, input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0, violations: 0, reused: 0, ready: 0, busy: 0, queued: 0, slots: 0, delivery: 0 };

/** Row `index` of the history: the same for the same number. */
export function rowAt(index: number): EventRow {
  const mission = Math.floor(index / 500) % 400;
  const common = { ...texts, ...numbers, tenant: `team-${mission % 8}`, mission: `mission-${mission}`, mission_uid: `00000000-0000-4000-8000-${String(mission).padStart(12, '0')}`, ts: t0 + index, id: `0b5c1f6e-3f5d-4a55-9d0a-${String(Math.floor(index / 200)).padStart(12, '0')}.1.3-7.${index % 200}`, task: `task-${index % 40}`, pool: 'coders', agent: `coders-${index % 50}`, delivery: Math.floor(index / 100_000) };
  const kind = index % 10;
  if (kind === 0) return { ...common, type: 'task.ended', task_type: index % 3 === 0 ? 'Coder' : 'Tester', action: 'RunTests', result: index % 70 === 0 ? 'Failed' : 'Succeeded', reason: index % 70 === 0 ? 'CommandFailed' : 'Completed', duration_ms: 200 + ((index * 7919) % 60_000) };
  if (kind < 5) return { ...common, type: 'agent.think', model: index % 4 === 0 ? 'model-large' : 'model-small', reason: 'tool_use', calls: 1, cost_micro_usd: 900 + (index % 5000), input_tokens: 3000 + (index % 999), output_tokens: 200 + (index % 99) };
  return { ...common, type: 'agent.act', tool: index % 2 === 0 ? 'read_file' : 'run', result: 'done' };
}

/** Values of rows `from` to `to`, in the order of the columns. */
export function rowsBetween(from: number, to: number): EventRow[] {
  return Array.from({ length: to - from }, (_, index) => rowAt(from + index));
}
