// What follows from a view by counting: how far the run is, what its goals are, whether it is being ended, and which tasks will never exist.
import type { OutcomeReason } from '#api/conditions.ts';
import type { Instant } from '#api/time.ts';
import type { AwaitedApproval, TaskCounts } from '#api/v1alpha1/mission.ts';
import type { Task, TaskResult } from '#api/v1alpha1/task.ts';
import type { Phase } from '#domain/plan/phase.ts';
import { type Ending, endingOf } from './ending.ts';
import { awaitedApprovals, holdsForPeople } from './approvals.ts';
import { decideRunGoals } from './goals.ts';
import { type Extent, extentOf, leaveOut, nodesOf } from './nodes.ts';
import { type Trouble, troubleOf } from './trouble.ts';
import { isRunning, type MissionView, type Node } from './view.ts';
import { type Work, workResult } from './work.ts';

/** What counting tells of a view. */
export interface Facts extends Work {
  /** The tasks of the plan that exist or will. */
  readonly nodes: readonly Node[];
  /** How far the plan was carried out by the status. */
  readonly extent: Extent;
  /** Number of tasks, in plan order, that may exist by now: a phase begins when the one before it is decided. */
  readonly reach: number;
  /** Objects of this run that the plan does not have (any more). */
  readonly strays: readonly Task[];
  /** Objects of this run without outcome, strays included. */
  readonly open: readonly Task[];
  readonly ending: Ending | undefined;
  /** Set while another plan may take the place of this one. */
  readonly trouble: Trouble | undefined;
  /** What people are asked to approve, and what they have said. */
  readonly awaited: readonly AwaitedApproval[];
  /** True when nothing else is left to do before people have spoken about a required goal. */
  readonly holdsForPeople: boolean;
  readonly counts: TaskCounts;
}

/** Counts. */
export function factsOf(view: MissionView, now: Instant): Facts {
  const extent = extentOf(view);
  const all = nodesOf(view, extent);
  const { goals, asked } = decideRunGoals(view, all, now);
  const failures = all.filter(({ result, planned: { phase, spec } }) => result === 'Failed' && phase === 'work' && spec.onFailure === 'Fail');
  const ofRun = view.tasks.filter(({ spec }) => spec.run === view.run);
  const planned = new Set(view.plan.map(({ objectName }) => objectName));
  const open = ofRun.filter(({ status }) => status?.outcome === undefined);
  const wanted = isOutputDue(view, { nodes: all, goals, failures }) ? all : leaveOut(all, ({ planned: { phase }, object }) => phase === 'output' && object === 'not created');
  const first = all.filter(isFirst);
  const trouble = troubleOf(view, { first, failures, goals });
  const holds = trouble === undefined && failures.length === 0 && holdsForPeople(view, { first, goals });
  const ending = endingOf(view, { nodes: wanted, failures, trouble, holdsForPeople: holds }, now);
  const nodes = ending?.runsFinally === true && endedBy(ending, { nodes: wanted, open }).length === 0 ? leaveOutUncreated(wanted) : wanted;
  return { nodes, extent, reach: reachOf(nodes), strays: ofRun.filter(({ metadata }) => !planned.has(metadata.name)), open, failures, goals, ending, trouble, awaited: awaitedApprovals(view, asked), holdsForPeople: holds, counts: countsOf(nodes) };
}

// Tasks of the graph and those that check goals exist from the start: they wait for each other by dependsOn. What is looked at first is alone until there is a plan.
const stages: Readonly<Record<Phase, number>> = { survey: 0, work: 0, verifier: 0, output: 1, finally: 2 };
const stageOf = ({ planned }: Node) => stages[planned.phase];

/** True for tasks of the graph and those that check goals. */
export const isFirst = (node: Node): boolean => stageOf(node) === 0;

/** True while the output may still be delivered: until all is checked, and then when all is well. */
function isOutputDue(view: MissionView, facts: Work): boolean {
  return facts.nodes.some((node) => stageOf(node) === 0 && node.result === undefined) || workResult(view, facts).succeeded;
}

/** A failed run goes on with finally: what was not begun by then never will be. */
function leaveOutUncreated(nodes: readonly Node[]): readonly Node[] {
  const first = nodes.find(({ object }) => object === 'not created');
  const hasFinally = nodes.some(({ planned }) => planned.phase === 'finally');
  return first === undefined || !hasFinally ? nodes : leaveOut(nodes, ({ index, planned }) => index >= first.index && planned.phase !== 'finally');
}

function reachOf(nodes: readonly Node[]): number {
  const stage = Math.min(...nodes.filter(({ result }) => result === undefined).map(stageOf));
  return nodes.filter((node) => stageOf(node) <= stage).length;
}

/** Open tasks that an ending concerns: all but those of finally, when these still run. */
export function endedBy({ runsFinally }: Ending, { nodes, open }: Pick<Facts, 'nodes' | 'open'>): readonly Task[] {
  const spared = new Set(nodes.filter(({ planned }) => runsFinally && planned.phase === 'finally').map(({ planned }) => planned.objectName));
  return open.filter(({ metadata }) => !spared.has(metadata.name));
}

function countsOf(nodes: readonly Node[]): TaskCounts {
  const having = (result: TaskResult) => nodes.filter((node) => node.result === result).length;
  const running = nodes.filter(isRunning).length;
  const memoized = nodes.filter(({ task }) => task?.status?.outcome?.reason === ('Memoized' satisfies OutcomeReason)).length;
  const counts = { succeeded: having('Succeeded'), failed: having('Failed'), skipped: having('Skipped'), cancelled: having('Cancelled') };
  const decided = counts.succeeded + counts.failed + counts.skipped + counts.cancelled;
  return { total: nodes.length, pending: nodes.length - decided - running, running, ...counts, ...(memoized === 0 ? {} : { memoized }) };
}
