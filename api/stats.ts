// Questions about what happened that have a name: what each tells, what may be asked of it, and what an answer looks like. The mirror answers, people and pages ask.
import { z } from 'zod';
import { ObjectName } from './v1alpha1/schema.ts';

/** How a column is meant: for whoever prints it. */
export type StatsUnit = 'text' | 'time' | 'count' | 'usd' | 'ms' | 'share';

export interface StatsColumn {
  readonly name: string;
  readonly unit: StatsUnit;
  readonly what: string;
}

export interface StatsTemplate {
  readonly what: string;
  /** What rows may be told apart by; the first is the default. */
  readonly by: readonly [StatsColumn, ...StatsColumn[]];
  /** Columns besides that one. */
  readonly columns: readonly StatsColumn[];
}

const column = (name: string, unit: StatsUnit, what: string): StatsColumn => ({ name, unit, what });
const byMission = column('mission', 'text', 'Name of the mission.');
const byAgent = column('agent', 'text', 'Pod of the agent; empty where no agent ran.');
const byModel = column('model', 'text', 'Model that answered.');
const byType = column('task_type', 'text', 'Role that the task wanted.');
const byDay = column('day', 'time', 'Day, UTC.');
const byHour = column('hour', 'time', 'Hour, UTC.');

export const statsTemplates = {
  cost: {
    what: 'What answers of models cost, as the gateway counted them for agents.',
    by: [byMission, byModel, byAgent, byDay],
    columns: [column('cost_usd', 'usd', 'US dollars.'), column('calls', 'count', 'Answers of models.'), column('input_tokens', 'count', 'Tokens sent.'), column('output_tokens', 'count', 'Tokens received.'), column('cache_read_tokens', 'count', 'Tokens that the provider had cached.')],
  },
  savings: {
    what: 'Calls of missions that had the answer of another call, and what that saved. A mission is counted when a run of it has ended.',
    by: [byMission],
    columns: [column('calls', 'count', 'Calls that were paid for.'), column('cached_calls', 'count', 'Calls that had the answer of another one.'), column('reused', 'share', 'Share of these in all calls.'), column('cost_usd', 'usd', 'What all runs of the mission cost, plans and judges too.'), column('saved_usd', 'usd', 'What they would have cost more.')],
  },
  reuse: {
    what: 'Tasks whose result was used again instead of run.',
    by: [byType, byMission, byDay],
    columns: [column('ended', 'count', 'Tasks that ended.'), column('again', 'count', 'Tasks of these that had a result from before.'), column('reused', 'share', 'Share of these in all.')],
  },
  agents: {
    what: 'What agents did, and how well.',
    by: [byAgent],
    columns: [column('ended', 'count', 'Tasks that ended on it.'), column('succeeded', 'share', 'Share of these that succeeded.'), column('mean_ms', 'ms', 'Mean time from start to end of a task.'), column('violations', 'count', 'Differences between what tasks should have left and what they left.'), column('calls', 'count', 'Answers of models.'), column('cost_usd', 'usd', 'What these cost.')],
  },
  latency: {
    what: 'How long tasks took from start to end, as percentiles within one percent or so.',
    by: [byType, byMission, column('pool', 'text', 'Pool that the task ran in.'), byDay],
    columns: [column('ended', 'count', 'Tasks that ran and ended.'), column('p50_ms', 'ms', 'Half of them took no longer.'), column('p90_ms', 'ms', 'Nine of ten took no longer.'), column('p95_ms', 'ms', '95 of 100 took no longer.'), column('p99_ms', 'ms', '99 of 100 took no longer.'), column('longest_ms', 'ms', 'The longest of all.')],
  },
  failures: {
    what: 'Why tasks failed.',
    by: [column('reason', 'text', 'Reason of the outcome, as `kubectl mission why` explains it.'), byMission, byType, byAgent],
    columns: [column('failed', 'count', 'Tasks that failed.'), column('share', 'share', 'Share of these in all that failed.')],
  },
  trends: {
    what: 'How many events of which kind happened when.',
    by: [byHour, byDay],
    columns: [column('type', 'text', 'Name of the event.'), column('events', 'count', 'How many there were.')],
  },
  pools: {
    what: 'How busy pools were.',
    by: [byHour, byDay],
    columns: [column('pool', 'text', 'Name of the pool.'), column('most_queued', 'count', 'Most tasks that waited for it.'), column('most_busy', 'count', 'Most slots in use.'), column('most_slots', 'count', 'Most slots there were.'), column('least_ready', 'count', 'Fewest agents that were ready.')],
  },
} as const satisfies Readonly<Record<string, StatsTemplate>>;

export type StatsName = keyof typeof statsTemplates;

/** Names of all templates. */
export const statsNames = Object.keys(statsTemplates) as readonly StatsName[];

/** The template of a name; undefined when there is none. */
export function statsTemplate(name: string): StatsTemplate | undefined {
  return Object.hasOwn(statsTemplates, name) ? statsTemplates[name as StatsName] : undefined;
}

const Moment = z.iso.datetime({ offset: true }).max(40);
/** Names of pods, models, pools: nothing that a name does not need. */
const Label = z.string().min(1).max(253).regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/);

/** What may be asked of every template. */
export const StatsParameters = z.strictObject({
  mission: ObjectName.optional().describe('Only of this mission.'),
  by: z.string().max(32).optional().describe('What rows are told apart by.'),
  from: Moment.optional().describe('Only what happened since; unset: seven days back.'),
  until: Moment.optional().describe('Only what happened before; unset: now.'),
  limit: z.int().min(1).max(1000).default(50).describe('Most rows.'),
  agent: Label.optional().describe('Only of this agent; not for savings, latency and pools.'),
  model: Label.optional().describe('Only of this model; for cost.'),
});
export type StatsParameters = z.infer<typeof StatsParameters>;

/** An answer: rows in the order of the columns. */
export const StatsAnswer = z.object({
  template: z.string().max(32),
  columns: z.array(z.object({ name: z.string().max(64), unit: z.enum(['text', 'time', 'count', 'usd', 'ms', 'share']) })).max(16),
  rows: z.array(z.array(z.union([z.string(), z.number()])).max(16)).max(1000),
  from: z.string().max(40),
  until: z.string().max(40),
});
export type StatsAnswer = z.infer<typeof StatsAnswer>;
