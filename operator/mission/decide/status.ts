// The mission's status as a pure function of the view: what `kubectl get` and `describe` tell.
import type { MissionReason } from '#api/conditions.ts';
import { formatTime, type Instant, parseTime } from '#api/time.ts';
import type { GoalStatus, MissionStatus } from '#api/v1alpha1/mission.ts';
import { plainText, setConditions, type Wanted } from '#domain/conditions.ts';
import { decideGoals, goalsMet } from '#domain/goals/decide.ts';
import { recordedTrees, taskFact } from '#domain/goals/facts.ts';
import type { Ending } from './ending.ts';
import type { MissionFault } from './faults.ts';
import { type Facts, factsOf, isRunning, type MissionView } from './view.ts';

/** How a run ended. */
export interface Result {
  readonly succeeded: boolean;
  readonly reason: MissionReason<'Succeeded'>;
  readonly message: string;
}

const shown = { currentTasks: 20, failedTasks: 10 } as const;

/** The mission cannot go on as it is written. */
export function refusedStatus(view: MissionView, { reason, message, lies }: MissionFault, now: Instant): MissionStatus {
  const waits = lies === 'in the world' && reason === 'NoMatchingPool';
  return {
    ...rollUp(view, factsOf(view), view.mission.status?.plan?.createdThrough ?? 0, now),
    ...conditions(view, now, [
      { type: 'Accepted', status: 'False', reason, message },
      { type: 'Ready', status: 'False', reason: 'NotAccepted', message },
      { type: 'Succeeded', status: 'Unknown', reason: 'NotAccepted', message },
      waits ? { type: 'Reconciling', status: 'True', reason: 'NoMatchingPool', message } : { type: 'Stalled', status: 'True', reason: 'NotAccepted', message },
    ]),
  };
}

export interface RunningParts {
  readonly view: MissionView;
  readonly facts: Facts;
  /** Number of tasks that exist once the intents of this decision are carried out. */
  readonly mark: number;
  readonly ending: Ending | undefined;
  readonly now: Instant;
}

/** The run goes on, or is being brought to an end. */
export function runningStatus({ view, facts, mark, ending, now }: RunningParts): MissionStatus {
  const { reason, message } = progress(view, facts, ending);
  const suspended = view.mission.spec.operatingMode === 'Suspend';
  return {
    ...rollUp(view, facts, mark, now),
    ...conditions(view, now, [
      accepted,
      { type: 'Ready', status: 'True', reason: suspended ? 'Suspended' : 'Running', message },
      { type: 'Succeeded', status: 'Unknown', reason, message },
      ...(suspended ? [{ type: 'Suspended', status: 'True', reason: 'Suspended', message: 'operatingMode is Suspend: nothing new starts' } as const] : []),
    ]),
  };
}

function progress(view: MissionView, { counts, nodes }: Facts, ending: Ending | undefined): { readonly reason: MissionReason<'Succeeded'>; readonly message: string } {
  const done = `${nodes.length - counts.pending - counts.running} of ${nodes.length} tasks done`;
  if (ending === undefined) return { reason: view.mission.spec.operatingMode === 'Suspend' ? 'Suspended' : 'Running', message: done };
  const reasons = { Cancelled: 'Cancelling', Stopped: 'Stopping', DeadlineExceeded: 'Failing', TaskFailed: 'Failing' } as const;
  return { reason: reasons[ending.kind], message: `${ending.message}; ${done}` };
}

/** The run is over. */
export function endedStatus(view: MissionView, facts: Facts, { succeeded, reason, message }: Result, now: Instant): MissionStatus {
  const base = rollUp(view, facts, facts.createdThrough, now);
  const started = parseTime(base.startTime) ?? now;
  return {
    ...base,
    completionTime: formatTime(now),
    durationSeconds: Math.max(0, Math.round((now - started) / 1000)),
    ...conditions(view, now, [
      accepted,
      succeeded ? { type: 'Ready', status: 'True', reason: 'Completed', message } : { type: 'Ready', status: 'False', reason: 'Ended', message },
      { type: 'Succeeded', status: succeeded ? 'True' : 'False', reason, message },
      ...(succeeded ? [] : [{ type: 'Stalled', status: 'True', reason: 'Ended', message } as const]),
    ]),
  };
}

/** The run was over before: one write for each generation, and nothing else changes. */
export function finishedStatus({ mission }: MissionView, tracked: boolean, now: Instant): MissionStatus {
  const kept = (mission.status?.conditions ?? []).filter(({ type }) => type !== 'TTLIgnored');
  const ignored: Wanted[] =
    tracked && mission.spec.ttlSecondsAfterFinished !== undefined
      ? [{ type: 'TTLIgnored', status: 'True', reason: 'TrackedByGitOps', message: 'ttlSecondsAfterFinished is not carried out: Argo CD or Flux would create the mission again and run it again' }]
      : [];
  const { generation } = mission.metadata;
  return { ...mission.status, observedGeneration: generation, conditions: setConditions(mission.status?.conditions, [...kept, ...ignored], generation, now) };
}

const accepted: Wanted = { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'the spec is valid and a pool can serve every task' };

function conditions({ mission }: MissionView, now: Instant, wanted: readonly Wanted[]): Pick<MissionStatus, 'observedGeneration' | 'conditions'> {
  const { generation } = mission.metadata;
  return { observedGeneration: generation, conditions: setConditions(mission.status?.conditions, wanted, generation, now) };
}

/** Everything but the conditions. */
function rollUp(view: MissionView, facts: Facts, mark: number, now: Instant): MissionStatus {
  const { mission, run, planHash } = view;
  const sameRun = mission.status?.runNumber === run;
  const workspace = workspaceOf(view, facts);
  const goals = decideRunGoals(view, facts, now);
  const { counts, nodes } = facts;
  return {
    runNumber: run,
    observedRunRequest: sameRun ? (mission.status?.observedRunRequest ?? '') : (mission.spec.runRequest ?? ''),
    startTime: (sameRun ? mission.status?.startTime : undefined) ?? formatTime(now),
    plan: { hash: planHash, source: 'Manifest', taskCount: nodes.length, createdThrough: mark },
    ...(workspace === undefined ? {} : { workspace }),
    goals: goals,
    goalsMet: goalsMet(goals),
    tasks: counts,
    tasksDone: `${nodes.length - counts.pending - counts.running}/${nodes.length}`,
    currentTasks: nodes.filter(isRunning).map(({ planned }) => planned.name).slice(0, shown.currentTasks),
    failedTasks: failedTasks(facts),
  };
}

function failedTasks({ nodes }: Facts): NonNullable<MissionStatus['failedTasks']> {
  return nodes
    .filter(({ result }) => result === 'Failed')
    .slice(0, shown.failedTasks)
    .map(({ planned, task, deleted }) => {
      const outcome = task?.status?.outcome;
      return { name: planned.name, reason: deleted ? 'TaskDeleted' : (outcome?.reason ?? 'AgentError'), message: plainText(deleted ? 'the Task object was deleted before it was decided' : (outcome?.message ?? ''), 256) };
    });
}

/** The files of this run: what the first task found that started from the workspace itself. Kept once known. */
function workspaceOf({ mission, run }: MissionView, { nodes }: Facts): MissionStatus['workspace'] {
  if (mission.status?.runNumber === run && mission.status.workspace !== undefined) return mission.status.workspace;
  const found = nodes
    .filter(({ planned: { spec }, task }) => spec.workspaceFrom === undefined && task?.status?.workspace !== undefined)
    .map(({ task, index }) => ({ at: task?.status?.completionTime ?? '', index, workspace: task?.status?.workspace }))
    .toSorted((a, b) => (a.at === b.at ? a.index - b.index : a.at < b.at ? -1 : 1));
  const first = found[0]?.workspace;
  if (first === undefined) return undefined;
  return { ...(first.commit === undefined ? {} : { commit: first.commit }), tree: first.treeBefore };
}

/** State and evidence of each goal of this run. */
export function decideRunGoals(view: MissionView, facts: Facts, now: Instant): GoalStatus[] {
  const { mission, run } = view;
  const tasks = facts.nodes.map(({ planned, task, deleted }) => {
    const fact = taskFact(planned.name, planned.spec, task?.status);
    return deleted ? { ...fact, outcome: 'Failed' as const } : fact;
  });
  const previous = mission.status?.runNumber === run ? (mission.status.goals ?? []) : [];
  return decideGoals({ goals: mission.spec.goals, tasks, recordedTrees: recordedTrees(tasks, workspaceOf(view, facts)?.tree), previous, now });
}
