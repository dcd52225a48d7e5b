// Everything in the mission's status but the conditions: counts, goals, the files, the plan, the cost.
import { formatTime, type Instant } from '#api/time.ts';
import type { MissionStatus } from '#api/v1alpha1/mission.ts';
import { plainText } from '#domain/conditions.ts';
import { goalsMet } from '#domain/goals/decide.ts';
import { usageStatus } from './budget.ts';
import type { Facts } from './facts.ts';
import { workspaceOf } from './goals.ts';
import type { Extent } from './nodes.ts';
import { outputsOf, resultsOf } from './outputs.ts';
import { isRunning, type MissionView } from './view.ts';

const shown = { currentTasks: 20, failedTasks: 10 } as const;

/** What a status is rolled up from. */
export interface RollUpParts {
  readonly view: MissionView;
  readonly facts: Facts;
  /** How far the plan is once the intents of this decision are carried out. */
  readonly extent: Extent;
  readonly now: Instant;
}

/** The roll-up of a run that has started, now or before. */
export function rollUp(parts: RollUpParts): MissionStatus {
  return { ...rollUpUnstarted(parts), startTime: startTimeOf(parts.view) ?? formatTime(parts.now) };
}

/** The roll-up of a run that starts only once it is accepted: until then no deadline may pass. */
export function rollUpUnstarted({ view, facts, extent }: RollUpParts): MissionStatus {
  const { mission, run, planHash } = view;
  const sameRun = mission.status?.runNumber === run;
  const workspace = workspaceOf(view, facts.nodes);
  const startTime = startTimeOf(view);
  const results = resultsOf(view, facts);
  const outputs = outputsOf(view, facts);
  const { counts, nodes, goals } = facts;
  return {
    runNumber: run,
    observedRunRequest: sameRun ? (mission.status?.observedRunRequest ?? '') : (mission.spec.runRequest ?? ''),
    ...(startTime === undefined ? {} : { startTime }),
    plan: { hash: planHash, ...sourceOf(view), ...extent },
    ...(workspace === undefined ? {} : { workspace }),
    goals: [...goals],
    goalsMet: goalsMet(goals),
    ...approvalsOf(facts),
    tasks: counts,
    tasksDone: tasksDone(facts),
    currentTasks: nodes.filter(isRunning).map(({ planned }) => planned.name).slice(0, shown.currentTasks),
    ...usageStatus(view),
    ...(Object.keys(results).length === 0 ? {} : { results }),
    ...(outputs === undefined ? {} : { outputs }),
    failedTasks: failedTasks(facts),
  };
}

function approvalsOf({ awaited }: Facts): Pick<MissionStatus, 'approvals'> {
  return awaited.length === 0 ? {} : { approvals: [...awaited] };
}

type Source = Omit<NonNullable<MissionStatus['plan']>, 'hash' | 'taskCount' | 'createdThrough'>;

function sourceOf({ mission, planning: { chain, candidate } }: MissionView): Source {
  if (mission.spec.planner === undefined) return { source: 'Manifest' };
  const { metadata, spec } = chain.at(-1) ?? candidate?.plan ?? {};
  if (metadata === undefined || spec === undefined) return { source: 'Planner' };
  const estimate = spec.estimate === undefined ? {} : { estimatedCostUsd: spec.estimate.costUsd, estimatedSeconds: spec.estimate.seconds };
  return { source: 'Planner', revision: spec.revision, name: metadata.name, ...(chain.length < 2 ? {} : { replans: chain.length - 1 }), ...estimate };
}

/** `12/40`: tasks with an outcome of all tasks. */
export function tasksDone({ counts, nodes }: Facts): string {
  return `${nodes.length - counts.pending - counts.running}/${nodes.length}`;
}

function startTimeOf({ mission: { status }, run }: MissionView): string | undefined {
  return status?.runNumber === run ? status.startTime : undefined;
}

function failedTasks({ nodes }: Facts): NonNullable<MissionStatus['failedTasks']> {
  return nodes
    .filter(({ result }) => result === 'Failed')
    .slice(0, shown.failedTasks)
    .map(({ planned, task, object }) => {
      const { reason, message } = task?.status?.outcome ?? { reason: 'AgentError', message: '' };
      if (object === 'deleted') return { name: planned.name, reason: 'TaskDeleted', message: 'the Task object was deleted before it was decided' };
      return { name: planned.name, reason, message: plainText(message, 256) };
    });
}
