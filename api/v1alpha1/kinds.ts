// The registry of our kinds: names, columns, subresources. The CRD generator and every client read it.
import type { z } from 'zod';
import { AgentPoolSpec, agentPoolRules, AgentPoolStatus } from './agentpool.ts';
import { MissionSpec, missionRules, MissionStatus } from './mission.ts';
import type { CelRule } from './schema.ts';
import { ApprovalSpec, approvalRules } from './approval.ts';
import { planRules, PlanSpec } from './plan.ts';
import { TaskSpec, taskRules, TaskStatus } from './task.ts';

export const group = 'coditect.ai';
export const version = 'v1alpha1';

/** How a resource is addressed on the API server. `group` is empty for the core group. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** 0 is shown always, 1 only with -o wide. */
  readonly priority: 0 | 1;
}

export interface KindDefinition extends ResourceType {
  readonly singular: string;
  readonly shortName: string;
  readonly description: string;
  readonly spec: z.ZodType;
  /** Absent for kinds that only record. */
  readonly status?: z.ZodType;
  readonly rules: readonly CelRule[];
  readonly columns: readonly PrinterColumn[];
  readonly selectableFields: readonly string[];
  readonly scale?: { readonly spec: string; readonly status: string; readonly selector: string };
}

const reasonOf = (type: string) => `.status.conditions[?(@.type=="${type}")].reason`;
const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Time since creation.', priority: 0 };

export const missions = {
  group, version, kind: 'Mission', plural: 'missions', singular: 'mission', namespaced: true, shortName: 'msn',
  description: 'A Mission is a goal, the checks that prove it, and the tasks that get there.',
  spec: MissionSpec, status: MissionStatus, rules: missionRules,
  columns: [
    { name: 'State', type: 'string', jsonPath: reasonOf('Succeeded'), description: 'Reason of the Succeeded condition.', priority: 0 },
    { name: 'Goals', type: 'string', jsonPath: '.status.goalsMet', description: 'Goals met of all goals.', priority: 0 },
    { name: 'Tasks', type: 'string', jsonPath: '.status.tasksDone', description: 'Tasks decided of all tasks.', priority: 0 },
    { name: 'Duration', type: 'string', jsonPath: '.status.durationSeconds', description: 'Length of the finished run, in seconds.', priority: 0 },
    age,
    { name: 'Accepted', type: 'string', jsonPath: reasonOf('Accepted'), description: 'Reason of the Accepted condition.', priority: 1 },
    { name: 'Mode', type: 'string', jsonPath: '.spec.operatingMode', description: 'Wished operating mode.', priority: 1 },
    { name: 'Run', type: 'integer', jsonPath: '.status.runNumber', description: 'Number of the run.', priority: 1 },
    { name: 'Cost', type: 'string', jsonPath: '.status.usage.costUsd', description: 'What language models have cost, in US dollars.', priority: 1 },
    { name: 'Message', type: 'string', jsonPath: '.status.conditions[?(@.type=="Succeeded")].message', description: 'Message of the Succeeded condition.', priority: 1 },
  ],
  selectableFields: ['.spec.operatingMode'],
} as const satisfies KindDefinition;

export const tasks = {
  group, version, kind: 'Task', plural: 'tasks', singular: 'task', namespaced: true, shortName: 'atask',
  description: 'A Task is one piece of work for an agent: a node of a mission\'s plan, or applied alone.',
  spec: TaskSpec, status: TaskStatus, rules: taskRules,
  columns: [
    { name: 'Mission', type: 'string', jsonPath: '.spec.missionRef.name', description: 'Mission the task belongs to.', priority: 0 },
    { name: 'Task', type: 'string', jsonPath: '.spec.taskName', description: 'Name of the task inside its plan.', priority: 0 },
    { name: 'Type', type: 'string', jsonPath: '.spec.type', description: 'Role of the agent.', priority: 0 },
    { name: 'State', type: 'string', jsonPath: reasonOf('Succeeded'), description: 'Reason of the Succeeded condition; empty until the task runs.', priority: 0 },
    { name: 'Agent', type: 'string', jsonPath: '.status.assignment.agent', description: 'Pod of the agent.', priority: 0 },
    age,
    { name: 'Outcome', type: 'string', jsonPath: '.status.outcome.result', description: 'How the task ended.', priority: 1 },
    { name: 'Attempt', type: 'integer', jsonPath: '.status.attempt', description: 'Number of the attempt.', priority: 1 },
    { name: 'Duration', type: 'string', jsonPath: '.status.durationSeconds', description: 'Run time of the deciding attempt, in seconds.', priority: 1 },
    { name: 'Boundary', type: 'string', jsonPath: '.status.boundary', description: 'What isolated the executed code.', priority: 1 },
    { name: 'Message', type: 'string', jsonPath: '.status.outcome.message', description: 'Why the task ended so.', priority: 1 },
  ],
  selectableFields: ['.spec.missionRef.name', '.spec.missionRef.uid', '.spec.taskName', '.spec.type', '.status.outcome.result'],
} as const satisfies KindDefinition;

export const agentPools = {
  group, version, kind: 'AgentPool', plural: 'agentpools', singular: 'agentpool', namespaced: true, shortName: 'apool',
  description: 'An AgentPool is a set of warm agent pods of one kind.',
  spec: AgentPoolSpec, status: AgentPoolStatus, rules: agentPoolRules,
  columns: [
    { name: 'Ready', type: 'integer', jsonPath: '.status.readyReplicas', description: 'Connected agents.', priority: 0 },
    { name: 'Desired', type: 'integer', jsonPath: '.status.desiredReplicas', description: 'Agents wished for.', priority: 0 },
    { name: 'Busy', type: 'integer', jsonPath: '.status.busyReplicas', description: 'Agents with a task.', priority: 0 },
    { name: 'Queued', type: 'integer', jsonPath: '.status.queued', description: 'Ready tasks that wait for a slot.', priority: 0 },
    { name: 'State', type: 'string', jsonPath: reasonOf('Ready'), description: 'Reason of the Ready condition.', priority: 0 },
    age,
    { name: 'Scaling', type: 'string', jsonPath: '.spec.scaling.mode', description: 'Who scales the pool.', priority: 1 },
    { name: 'Min', type: 'integer', jsonPath: '.spec.scaling.minReplicas', description: 'Fewest agents.', priority: 1 },
    { name: 'Max', type: 'integer', jsonPath: '.spec.scaling.maxReplicas', description: 'Most agents.', priority: 1 },
    { name: 'Mode', type: 'string', jsonPath: '.spec.operatingMode', description: 'Wished operating mode.', priority: 1 },
  ],
  selectableFields: [],
  scale: { spec: '.spec.replicas', status: '.status.replicas', selector: '.status.selector' },
} as const satisfies KindDefinition;

export const plans = {
  group, version, kind: 'Plan', plural: 'plans', singular: 'plan', namespaced: true, shortName: 'mplan',
  description: 'A Plan is a task graph that a planner made for a Mission: an immutable, numbered revision.',
  spec: PlanSpec, rules: planRules,
  columns: [
    { name: 'Mission', type: 'string', jsonPath: '.spec.missionRef.name', description: 'Mission that the plan is for.', priority: 0 },
    { name: 'Revision', type: 'integer', jsonPath: '.spec.revision', description: 'Number of the plan.', priority: 0 },
    { name: 'Estimate', type: 'string', jsonPath: '.spec.estimate.costUsd', description: 'What carrying it out may cost, in US dollars.', priority: 0 },
    { name: 'Verdict', type: 'string', jsonPath: '.spec.verdict', description: 'Whether the plan is valid.', priority: 0 },
    { name: 'Cost', type: 'string', jsonPath: '.spec.usage.costUsd', description: 'What it has cost, in US dollars.', priority: 0 },
    age,
    { name: 'Model', type: 'string', jsonPath: '.spec.model', description: 'Model that made it.', priority: 1 },
    { name: 'Rounds', type: 'integer', jsonPath: '.spec.rounds', description: 'How often the model was asked.', priority: 1 },
  ],
  selectableFields: ['.spec.missionRef.name', '.spec.missionRef.uid'],
} as const satisfies KindDefinition;

export const approvals = {
  group, version, kind: 'Approval', plural: 'approvals', singular: 'approval', namespaced: true, shortName: 'appr',
  description: 'An Approval is what one person said of one thing: that a plan may run, or that a goal is met. It is never changed.',
  spec: ApprovalSpec, rules: approvalRules,
  columns: [
    { name: 'Mission', type: 'string', jsonPath: '.spec.missionRef.name', description: 'Mission that it is about.', priority: 0 },
    { name: 'Subject', type: 'string', jsonPath: '.spec.subject.kind', description: 'Kind of what it is about.', priority: 0 },
    { name: 'Name', type: 'string', jsonPath: '.spec.subject.name', description: 'Name of what it is about.', priority: 0 },
    { name: 'Decision', type: 'string', jsonPath: '.spec.decision', description: 'What was decided.', priority: 0 },
    { name: 'Approver', type: 'string', jsonPath: '.spec.approver', description: 'Who decided it.', priority: 0 },
    age,
    { name: 'Comment', type: 'string', jsonPath: '.spec.comment', description: 'Why.', priority: 1 },
  ],
  selectableFields: ['.spec.missionRef.name', '.spec.missionRef.uid'],
} as const satisfies KindDefinition;

/** All our kinds, in the order in which they are documented. */
export const kinds: readonly KindDefinition[] = [missions, plans, approvals, tasks, agentPools];
