// Decides a goal whose check is people: who said yes or no to exactly the files that the run has made.
import type { ApprovalCheck, AwaitedApproval, Goal } from '#api/v1alpha1/mission.ts';
import { goalDigest } from '#domain/approval/goal.ts';
import { awaitedApproval, type Question, standing } from '#domain/approval/standing.ts';
import { sourceOf } from '#domain/plan/derived.ts';
import type { TaskFact } from './facts.ts';
import type { Verdict, World } from './verdict.ts';

type Asked = Pick<Goal, 'name' | 'description'>;

/** The verdict of the people who are asked. */
export function judgeApproval(goal: Asked, check: ApprovalCheck, world: World): Verdict {
  const work = workOf(check, world);
  if (work.kind === 'open') return { state: 'Unknown', reason: 'Waiting', evidence: `people are asked about ${work.what} when task ${work.task} has ended` };
  if (work.kind === 'lost') return { state: 'Unmet', reason: 'NotVerified', evidence: `nobody was asked about ${work.what}: task ${work.task} ended as ${work.outcome}` };
  const { subject, required } = questionOf(goal, check, work, world);
  const { kind, approvedBy, rejectedBy = '', comment } = standing(subject, required, world.approvals.said);
  const what = `${work.what}${work.tree === undefined ? '' : ` (tree ${work.tree})`}`;
  if (kind === 'rejected') return { state: 'Unmet', reason: 'Rejected', evidence: `${rejectedBy} rejected ${what}${comment === undefined ? '' : `: ${comment}`}` };
  if (kind === 'approved') return { state: 'Met', reason: 'Approved', evidence: `${approvedBy.join(', ')} approved ${what}` };
  return { state: 'Unknown', reason: 'AwaitingApproval', evidence: `${approvedBy.length} of ${required} people approved ${what}: kubectl mission approve ${world.approvals.mission.name} --goal ${goal.name}` };
}

/** The entry of status.approvals for a goal that people may be asked about by now; undefined for any other. */
export function awaitedGoal(goal: Pick<Goal, 'name' | 'description' | 'check'>, world: World): AwaitedApproval | undefined {
  const check = goal.check?.approval;
  if (check === undefined) return undefined;
  const work = workOf(check, world);
  return work.kind === 'done' ? awaitedApproval(questionOf(goal, check, work, world), world.approvals.said) : undefined;
}

/** What is to be approved, and how far it is. */
type Work =
  | { readonly kind: 'open'; readonly what: string; readonly task: string }
  | { readonly kind: 'lost'; readonly what: string; readonly task: string; readonly outcome: string }
  | { readonly kind: 'done'; readonly what: string; readonly tree: string | undefined };

function workOf({ from }: ApprovalCheck, { tasks, approvals: { plan, workspaceTree } }: World): Work {
  const source = sourceOf(from, plan);
  if (source === undefined) return wholeWork([...tasks.values()], workspaceTree);
  const { outcome, workspace } = tasks.get(source) ?? {};
  const what = `the files of ${source}`;
  if (outcome === undefined) return { kind: 'open', what, task: source };
  return outcome === 'Succeeded' ? { kind: 'done', what, tree: workspace?.treeAfter } : { kind: 'lost', what, task: source, outcome };
}

/** Where no task changes files, people look at what all tasks found. A cancelled one means that the run was cut off before there was enough to look at. */
function wholeWork(tasks: readonly TaskFact[], tree: string | undefined): Work {
  const what = 'the work';
  const open = tasks.find(({ outcome }) => outcome === undefined);
  if (open !== undefined) return { kind: 'open', what, task: open.name };
  const cut = tasks.find(({ outcome }) => outcome === 'Cancelled');
  return cut === undefined ? { kind: 'done', what, tree } : { kind: 'lost', what, task: cut.name, outcome: 'Cancelled' };
}

function questionOf({ name, description }: Asked, { question, required }: ApprovalCheck, { tree }: { readonly tree: string | undefined }, { approvals: { mission, run } }: World): Question {
  const text = question ?? description ?? `Is goal ${name} met?`;
  return { subject: { missionUid: mission.uid, kind: 'Goal', name, digest: goalDigest({ goal: name, run, tree, question: text }) }, text, required };
}
