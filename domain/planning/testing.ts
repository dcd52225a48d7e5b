// Questions and answers for this room's tests.
import { AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';
import { MissionSpec } from '#api/v1alpha1/mission.ts';
import type { PoolOffer } from '#domain/capability/match.ts';
import type { PlanQuestion } from './request.ts';

type SpecInput = (typeof MissionSpec)['_zod']['input'];
type PoolInput = Partial<(typeof AgentPoolSpec)['_zod']['input']>;

/** A pool of namespace team-a that serves all built-in roles unless told. */
export function poolOf(spec: PoolInput = {}, metadata: Partial<PoolOffer['metadata']> = {}): PoolOffer {
  return { metadata: { name: 'crew', namespace: 'team-a', ...metadata }, spec: AgentPoolSpec.parse({ agentTypes: ['Analyzer', 'Coder', 'Tester'], capabilities: ['node-24'], template: { image: 'agent:1' }, ...spec }) };
}

/** The question of a mission of namespace team-a whose one goal needs a task named run-tests. */
export function questionOf(spec: Partial<SpecInput> = {}, pools: readonly PoolOffer[] = [poolOf()], maxTasks = 100): PlanQuestion {
  const goals = [{ name: 'tests-pass', check: { expression: 'tasks["run-tests"].outcome == "Succeeded"' } }];
  return { mission: { metadata: { namespace: 'team-a' }, spec: MissionSpec.parse({ goal: 'Make the tests pass.', goals, planner: {}, workspace: { git: { url: 'https://git.example/r' } }, ...spec }) }, pools, limits: { maxTasks } };
}

/** A task as a model writes it. */
export type Written = Record<string, unknown>;

/** The task that the goal of `questionOf` needs. */
export const runTests: Written = { name: 'run-tests', type: 'Tester', intent: { action: 'RunTests' } };

/** An Analyzer that looks at the code, after some others. */
export function survey(name: string, ...dependsOn: readonly string[]): Written {
  return { name, type: 'Analyzer', intent: { action: 'AnalyzeCode' }, dependsOn };
}

/** A Coder that formats the code. */
export function format(name: string, more: Written = {}): Written {
  return { name, type: 'Coder', intent: { action: 'FormatCode' }, ...more };
}

/** The text of an answer with these tasks. */
export function answerOf(tasks: unknown, more: Written = {}): string {
  return JSON.stringify({ summary: 'Runs the tests.', tasks, ...more });
}
