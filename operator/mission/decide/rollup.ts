// Everything in the mission's status but the conditions: counts, goals, the files, the plan.
import { formatTime, type Instant } from '#api/time.ts';
import type { GoalStatus, MissionStatus } from '#api/v1alpha1/mission.ts';
import { plainText } from '#domain/conditions.ts';
import { decideGoals, goalsMet } from '#domain/goals/decide.ts';
import { recordedTrees, taskFact } from '#domain/goals/facts.ts';
import { type Facts, isRunning, type MissionView } from './view.ts';

const shown = { currentTasks: 20, failedTasks: 10 } as const;

/** What a status is rolled up from. */
export interface RollUpParts {
  readonly view: MissionView;
  readonly facts: Facts;
  /** Number of tasks, in plan order, that exist once the intents of this decision are carried out. */
  readonly mark: number;
  readonly now: Instant;
}

/** The roll-up of a run that has started, now or before. */
export function rollUp(parts: RollUpParts): MissionStatus {
  return { ...rollUpUnstarted(parts), startTime: startTimeOf(parts.view) ?? formatTime(parts.now) };
}

/** The roll-up of a run that starts only once it is accepted: until then no deadline may pass. */
export function rollUpUnstarted({ view, facts, mark, now }: RollUpParts): MissionStatus {
  const { mission, run, planHash } = view;
  const sameRun = mission.status?.runNumber === run;
  const workspace = workspaceOf(view, facts);
  const startTime = startTimeOf(view);
  const goals = decideRunGoals(view, facts, now);
  const { counts, nodes } = facts;
  return {
    runNumber: run,
    observedRunRequest: sameRun ? (mission.status?.observedRunRequest ?? '') : (mission.spec.runRequest ?? ''),
    ...(startTime === undefined ? {} : { startTime }),
    plan: { hash: planHash, source: 'Manifest', taskCount: nodes.length, createdThrough: mark },
    ...(workspace === undefined ? {} : { workspace }),
    goals,
    goalsMet: goalsMet(goals),
    tasks: counts,
    tasksDone: tasksDone(facts),
    currentTasks: nodes.filter(isRunning).map(({ planned }) => planned.name).slice(0, shown.currentTasks),
    failedTasks: failedTasks(facts),
  };
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

/** The files of this run: what the first task found that started from the workspace itself. Kept once known. */
function workspaceOf({ mission, run }: MissionView, { nodes }: Facts): MissionStatus['workspace'] {
  if (mission.status?.runNumber === run && mission.status.workspace !== undefined) return mission.status.workspace;
  const [first] = nodes
    .flatMap(({ planned: { spec }, task, index }) => {
      const { workspace, completionTime = '' } = task?.status ?? {};
      return spec.workspaceFrom !== undefined || workspace === undefined ? [] : [{ workspace, completionTime, index }];
    })
    .toSorted((a, b) => (a.completionTime === b.completionTime ? a.index - b.index : a.completionTime < b.completionTime ? -1 : 1));
  if (first === undefined) return undefined;
  const { commit, treeBefore: tree } = first.workspace;
  return { ...(commit === undefined ? {} : { commit }), tree };
}

/** State and evidence of each goal of this run. */
export function decideRunGoals(view: MissionView, facts: Facts, now: Instant): GoalStatus[] {
  const { mission, run } = view;
  const tasks = facts.nodes.map(({ planned, task, result }) => ({ ...taskFact(planned.name, planned.spec, task?.status), outcome: result }));
  const previous = mission.status?.runNumber === run ? (mission.status.goals ?? []) : [];
  return decideGoals({ goals: mission.spec.goals, tasks, recordedTrees: recordedTrees(tasks, workspaceOf(view, facts)?.tree), previous, now });
}
