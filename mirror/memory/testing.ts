// Missions as the log tells them, from the first event to the last: for tests of what is learned from them.
import type { MissionFacts, TaskFacts } from '#api/events/change.ts';
import type { DataOf, EventName } from '#api/events/catalogue.ts';
import { type CloudEvent, schemaOf, typeOf } from '#api/events/envelope.ts';
import { formatTime } from '#api/time.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { MissionSpec } from '#api/v1alpha1/mission.ts';
import { PlanSpec } from '#api/v1alpha1/plan.ts';

/** 2026-01-15T10:00:00Z. */
export const t0 = Date.UTC(2026, 0, 15, 10);

type SpecInput = Partial<(typeof MissionSpec)['_zod']['input']>;
type GoalInput = { readonly name: string; readonly state: 'Met' | 'Unmet' | 'Unknown'; readonly reason?: string; readonly evidence?: string };

export interface Drawn {
  readonly name: string;
  readonly tenant?: string;
  readonly goal?: string;
  readonly spec?: SpecInput;
}

/** One mission; each call is what happens next, a second later. */
export class ToldMission {
  readonly uid: string;
  readonly events: CloudEvent[] = [];
  readonly #drawn: Required<Omit<Drawn, 'spec'>>;
  readonly #spec: MissionSpec;
  #version = 0;
  #revision = 0;
  #run = 1;

  constructor({ name, tenant = 'team-a', goal = 'Make the tests pass.', spec = {} }: Drawn) {
    this.uid = `uid-${tenant}-${name}`;
    this.#drawn = { name, tenant, goal };
    const check = { expression: 'tasks["mend"].outcome == "Succeeded"' };
    this.#spec = MissionSpec.parse({ goal, goals: [{ name: 'works', check }], planner: {}, ...spec });
    this.#mission('mission.created', { spec: this.#spec as unknown as JsonObject });
    this.#mission('mission.started', { base: '1', status: { runNumber: 1 } });
  }

  /** A plan of `name: action` tasks; with `revises` it takes the place of the one before. */
  plan(tasks: Readonly<Record<string, string>>, { revises, lessons = [] }: { readonly revises?: string; readonly lessons?: readonly string[] } = {}): this {
    this.#revision += 1;
    const { name } = this.#drawn;
    const spec = PlanSpec.parse({
      missionRef: { name, uid: this.uid },
      revision: this.#revision,
      requestDigest: 'a'.repeat(64),
      verdict: 'Accepted',
      tasks: Object.entries(tasks).map(([task, action]) => ({ name: task, type: 'Coder', intent: { action } })),
      model: 'm',
      promptVersion: 'v2',
      rounds: 1,
      usage: { inputTokens: 1, outputTokens: 1, costUsd: '0.001' },
      plannedTime: this.#time(),
      ...(lessons.length === 0 ? {} : { lessons }),
      ...(revises === undefined ? {} : { revises: { plan: `${name}-plan-${this.#revision - 1}`, run: this.#run, reason: 'GoalsUnmet', message: revises, kept: [] } }),
    });
    return this.#tell('plan.made', `plan-${this.#revision}`, { name: `${name}-plan-${this.#revision}`, uid: `${this.uid}-plan-${this.#revision}`, resourceVersion: String(this.#version), mission: { name, uid: this.uid }, spec: spec as unknown as JsonObject });
  }

  /** A plan as a planner has made it, and its tasks, which succeed. */
  carriedOut(draft: Omit<PlanSpec, 'missionRef' | 'revision'>): this {
    this.#revision += 1;
    const { name } = this.#drawn;
    const spec = PlanSpec.parse({ ...draft, missionRef: { name, uid: this.uid }, revision: this.#revision, plannedTime: this.#time() });
    this.#tell('plan.made', `plan-${this.#revision}`, { name: `${name}-plan-${this.#revision}`, uid: `${this.uid}-plan-${this.#revision}`, resourceVersion: String(this.#version), mission: { name, uid: this.uid }, spec: spec as unknown as JsonObject });
    for (const task of spec.tasks) this.task(task.name, { as: `${task.name}-${this.#revision}`, action: task.intent.action });
    return this;
  }

  /** A task has ended; its UID is made of its name and `as`. */
  task(task: string, { as = task, action = 'WriteCode', role = '', result = 'Succeeded', message = 'done', observed = {} }: { readonly as?: string; readonly action?: string; readonly role?: string; readonly result?: 'Succeeded' | 'Failed'; readonly message?: string; readonly observed?: JsonObject } = {}): this {
    const { name } = this.#drawn;
    const time = this.#time();
    const facts: TaskFacts = { task, type: 'Coder', action, role, run: this.#run, attempt: 1, pool: 'p', agent: 'p-1', state: 'Completed', result, reason: reasons[result], startTime: time, completionTime: time, boundary: '', isMemoized: false, violations: 0, dependsOn: [] };
    const status: JsonObject = { outcome: { result, reason: 'Completed', message }, observed, action: { tool: 'coder' }, claimed: { secret: 'what a model said' } };
    return this.#tell('task.ended', `task-${as}`, { name: `${name}-${as}`, uid: `${this.uid}-${as}`, generation: 1, resourceVersion: String(this.#version), mission: { name, uid: this.uid }, facts, status });
  }

  /** The goals as they are now. */
  goals(...goals: readonly GoalInput[]): this {
    return this.#mission('mission.changed', { base: '1', status: { goals: withWords(goals) } }, { goalsMet: goals.filter(({ state }) => state === 'Met').length });
  }

  /** The run ends with goals in these states. */
  end(...goals: readonly GoalInput[]): this {
    const goalsMet = goals.filter(({ state }) => state === 'Met').length;
    const isMet = goalsMet === goals.length && goals.length > 0;
    return this.#mission('mission.ended', { base: '1', status: { goals: withWords(goals) } }, { goalsMet, state: isMet ? 'GoalsMet' : 'GoalsUnmet', succeeded: isMet ? 'True' : 'False', completionTime: this.#time(60_000), costMicroUsd: 250_000 });
  }

  /** Another run begins. */
  again(): this {
    this.#run += 1;
    return this.#mission('mission.started', { base: '1', status: { goals: withWords([{ name: 'works', state: 'Unknown' }]) } });
  }

  #mission(event: 'mission.created' | 'mission.started' | 'mission.changed' | 'mission.ended', more: Partial<DataOf<'mission.changed'>>, facts: Partial<MissionFacts> = {}): this {
    const counts = { goals: this.#spec.goals.length, goalsMet: 0, tasks: 0, tasksDone: 0, replans: 0, costMicroUsd: 0, savedMicroUsd: 0, calls: 0, cachedCalls: 0, inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
    return this.#tell(event, `${event}-${this.#version}`, { name: this.#drawn.name, uid: this.uid, generation: 1, resourceVersion: String(this.#version), facts: { run: this.#run, state: 'Running', succeeded: 'Unknown', ...counts, startTime: formatTime(t0), ...facts }, ...more });
  }

  #tell<N extends EventName>(name: N, id: string, data: DataOf<N>): this {
    this.#version += 1;
    const { name: mission, tenant } = this.#drawn;
    this.events.push({ specversion: '1.0', id: `${this.uid}.${id}`, source: '/mirror', type: typeOf(name), subject: `missions/${mission}`, time: this.#time(), datacontenttype: 'application/json', dataschema: schemaOf(name), tenant, mission, missionuid: this.uid, data });
    return this;
  }

  #time(more = 0): string {
    return formatTime(t0 + this.#version * 1000 + more);
  }
}

const reasons = { Succeeded: 'Completed', Failed: 'CommandFailed' } as const;

function withWords(goals: readonly GoalInput[]): JsonObject[] {
  return goals.map(({ name, state, reason = state === 'Met' ? 'ExpressionTrue' : 'ExpressionFalse', evidence = `saw ${state}` }) => ({ name, state, reason, evidence }));
}

/** A mission whose first plan did not get there and whose second one did: what a second mission of its kind can learn from. */
export function mended(drawn: Drawn): ToldMission {
  return new ToldMission(drawn)
    .plan({ mend: 'FormatCode' })
    .task('mend', { as: 'mend-1', action: 'FormatCode' })
    .goals({ name: 'works', state: 'Unmet', evidence: '2 tests fail' })
    .plan({ mend: 'WriteCode', tests: 'RunTests' }, { revises: 'goal works not met: 2 tests fail' })
    .task('mend', { as: 'mend-2', observed: { mainLanguage: 'TypeScript', tests: 12 } })
    .task('tests', { action: 'RunTests' })
    .end({ name: 'works', state: 'Met' });
}
