// Plan: what a planner made of a mission, as an immutable, numbered revision. A plan that is not right is kept too, so that nobody pays for it twice.
import { z } from 'zod';
import { MissionTask } from './mission.ts';
import { Usd } from './task.ts';
import { listType, ObjectName, type ObjectMeta, Sha256, TaskName, Time, Uid } from './schema.ts';

const Tokens = z.int().min(0).max(9_007_199_254_740_991);

/** What a Plan says. Immutable; `operator/mission` is its only writer. */
export const PlanSpec = z.object({
  missionRef: z.object({ name: ObjectName.describe('Name of the Mission.'), uid: Uid.describe('UID of the Mission.') }).describe('Mission that the plan is for.'),
  revision: z.int().min(1).max(10_000).describe('Number of the plan among those of its mission, from 1.'),
  requestDigest: Sha256.describe('SHA-256 over all that the planner was asked. The same question is never asked twice.'),
  revises: z
    .object({
      plan: ObjectName.describe('Name of the Plan before this one.'),
      run: z.int().min(1).max(2_147_483_647).describe('Run of the mission that needed another plan.'),
      reason: z.string().min(1).max(63).describe('Why: TaskFailed, GoalsUnmet or Violated.'),
      message: z.string().max(1024).describe('The same for people.'),
      kept: z.array(TaskName).max(100).meta(listType.set).describe('Tasks that were taken over as they were.'),
    })
    .optional()
    .describe('The plan that this one takes the place of, in one run. Unset for a plan from scratch.'),
  verdict: z.enum(['Accepted', 'Rejected']).describe('Accepted: the tasks are valid. Rejected: no valid plan came of it; faults says why.'),
  tasks: z.array(MissionTask).max(100).default([]).meta(listType.mapBy('name')).describe('The task graph; empty for a rejected plan.'),
  faults: z.array(z.string().min(1).max(512)).max(16).default([]).meta(listType.atomic).describe('What was wrong with the last answer of the model, for a rejected plan.'),
  answerDigest: Sha256.optional().describe('SHA-256 of the last answer of the model.'),
  summary: z.string().max(1024).optional().describe('The plan in words, by the model.'),
  model: z.string().min(1).max(128).describe('Model that made it.'),
  promptVersion: z.string().min(1).max(32).describe('Version of the prompt.'),
  rounds: z.int().min(1).max(3).describe('How often the model was asked: once, and once for each repair.'),
  lessons: z.array(Uid).max(3).optional().meta(listType.set).describe('Lessons of earlier missions of the namespace that the planner was given: UIDs of the tasks that they were learned from. Unset: none. `kubectl mission lessons` shows what they say.'),
  usage: z
    .object({
      inputTokens: Tokens.describe('Tokens read, those from the cache of the provider included.'),
      outputTokens: Tokens.describe('Tokens written.'),
      costUsd: z.string().max(24).regex(/^[0-9]+\.[0-9]{2,6}$/).describe('What they cost, in US dollars.'),
    })
    .describe('What the plan has cost.'),
  estimate: z
    .object({
      costUsd: Usd.describe('What the tasks may spend on language models, in US dollars.'),
      seconds: z.int().min(0).max(2_147_483_647).describe('Run time of the critical path, in seconds.'),
      criticalPath: z.array(TaskName).max(100).meta(listType.atomic).describe('The tasks in a row that take longest.'),
      widest: z.int().min(0).max(100).describe('Most tasks that can run side by side.'),
    })
    .optional()
    .describe('What carrying it out may take. Unset for a rejected plan.'),
  plannedTime: Time.describe('When it was made.'),
});
export type PlanSpec = z.infer<typeof PlanSpec>;

/** Rules at the root of the CRD. */
export const planRules = [{ rule: 'self.spec == oldSelf.spec', message: 'a Plan is immutable; a new revision is a new object' }] as const;

export interface Plan {
  readonly apiVersion: 'coditect.ai/v1alpha1';
  readonly kind: 'Plan';
  readonly metadata: ObjectMeta;
  readonly spec: PlanSpec;
}
