// What carrying out a plan may take, before anything of it runs: by past runs that were alike, else by typical ones. A guess, never a limit.
import type { MissionTask } from '#api/v1alpha1/mission.ts';
import type { PlanSpec } from '#api/v1alpha1/plan.ts';
import type { ModelPolicy } from '#api/v1alpha1/task.ts';
import { callsModels } from '#domain/cost/callers.ts';
import { microUsdOf, usdOf } from '#domain/cost/money.ts';
import { costOf, type Tokens } from '#domain/cost/prices.ts';
import { topologicalOrder } from '#domain/graph/graph.ts';

export type Estimate = NonNullable<PlanSpec['estimate']>;

/** What is known of runs that did the same; absent fields: nothing. */
export interface PastRun {
  readonly seconds?: number;
  readonly costMicroUsd?: number;
}

/** What a guess may rest on. */
export interface EstimateBasis {
  /** Runs of tasks that did the same. */
  readonly past: (task: MissionTask) => PastRun;
  /** What the mission says of models, for tasks that say nothing themselves. */
  readonly modelPolicy?: ModelPolicy | undefined;
  /** Model of the installation. */
  readonly model: string;
}

/** Seconds of a run of which nothing is known, by action; those of other people's roles are not listed. */
const typicalSeconds: ReadonlyMap<string, number> = new Map(
  Object.entries({ AnalyzeCode: 30, CountPatterns: 5, WriteReport: 5, ExplainCode: 120, ApplyPatch: 5, RewriteCode: 15, FormatCode: 30, RunCode: 15, WriteCode: 300, PushCommit: 15, RunCommand: 60, RunTests: 120, WriteTests: 300 }),
);
const otherSeconds = 300;

// A thinking agent sends its whole conversation with each turn: most of it is read from the cache of the provider, what is new is written there.
const typicalTurn: Tokens = { inputTokens: 1000, outputTokens: 600, cacheReadTokens: 12_000, cacheWriteTokens: 2000, cacheWriteHourTokens: 0 };
const typicalTurns = 12;

/** The estimate of a valid plan. */
export function estimatePlan(tasks: readonly MissionTask[], basis: EstimateBasis): Estimate {
  const path = criticalPath(tasks, basis);
  const cost = tasks.reduce((sum, task) => sum + costFor(task, basis), 0);
  return { costUsd: usdOf(cost), seconds: path.seconds, criticalPath: [...path.names], widest: widestLevel(tasks) };
}

/** Micro-USD that a task may spend: nothing unless it calls a model, and no more than its own budget. */
function costFor(task: MissionTask, basis: EstimateBasis): number {
  if (!callsModels(task)) return 0;
  const cost = basis.past(task).costMicroUsd ?? turnsOf(task) * costOf(modelOf(task, basis), typicalTurn);
  return task.budget === undefined ? cost : Math.min(cost, microUsdOf(task.budget.maxCostUsd));
}

function turnsOf({ intent: { params = {} } }: MissionTask): number {
  const { maxTurns } = params;
  return typeof maxTurns === 'number' ? Math.min(maxTurns, typicalTurns) : typicalTurns;
}

/** Work begins with the first tier. A model that is not in the price list costs what the dearest does. */
function modelOf({ intent: { params = {} }, modelPolicy }: MissionTask, basis: EstimateBasis): string {
  const { model } = params;
  return typeof model === 'string' ? model : ((modelPolicy ?? basis.modelPolicy)?.tiers?.[0] ?? basis.model);
}

function secondsFor(task: MissionTask, { past }: EstimateBasis): number {
  const seconds = past(task).seconds ?? typicalSeconds.get(task.intent.action) ?? otherSeconds;
  return Math.min(Math.round(seconds), task.activeDeadlineSeconds);
}

interface Path {
  readonly names: readonly string[];
  readonly seconds: number;
}

const noPath: Path = { names: [], seconds: 0 };

/** The tasks in a row that take longest. Of two that take equally long, the one that comes first in the plan. */
function criticalPath(tasks: readonly MissionTask[], basis: EstimateBasis): Path {
  const paths = new Map<string, Path>();
  for (const task of inOrder(tasks)) {
    const { names, seconds } = longest(task.dependsOn.map((name) => paths.get(name) ?? noPath));
    paths.set(task.name, { names: [...names, task.name], seconds: seconds + secondsFor(task, basis) });
  }
  return longest(tasks.map(({ name }) => paths.get(name) ?? noPath));
}

function longest(paths: readonly Path[]): Path {
  return paths.reduce((most, path) => (path.seconds > most.seconds ? path : most), paths[0] ?? noPath);
}

/** Most tasks at the same distance from the start. They cannot wait for each other, so at least that many can run side by side; rarely a few more could. */
function widestLevel(tasks: readonly MissionTask[]): number {
  const levels = new Map<string, number>();
  for (const { name, dependsOn } of inOrder(tasks)) levels.set(name, 1 + Math.max(0, ...dependsOn.map((dependency) => levels.get(dependency) ?? 0)));
  const sizes = new Map<number, number>();
  for (const level of levels.values()) sizes.set(level, (sizes.get(level) ?? 0) + 1);
  return Math.max(0, ...sizes.values());
}

function inOrder(tasks: readonly MissionTask[]): MissionTask[] {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  return (topologicalOrder(tasks) ?? []).map((name) => byName.get(name)).filter((task) => task !== undefined);
}
