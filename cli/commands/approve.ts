// `approve` and `reject`: what one person says of a plan or a goal, in their own name. They are shown what they speak of first.
import type { Approval, ApprovalSpec } from '#api/v1alpha1/approval.ts';
import { approvals, missions, plans } from '#api/v1alpha1/kinds.ts';
import type { AwaitedApproval, Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import { planDigest } from '#domain/approval/plan.ts';
import { isKubeError } from '#platform/kube/error.ts';
import type { Cluster } from '../access/cluster.ts';
import { whoAmI } from '../access/whoami.ts';
import { exitCodes, Refusal } from '../failure.ts';
import { type Style, styleOf } from '../terminal/style.ts';
import { line } from '../terminal/terminal.ts';
import { plain, shellWord } from '../terminal/text.ts';
import { answerTo, approvalObject, askedOf, nameOf } from '../world/approvals.ts';
import { conditionOf } from '#domain/mission/view.ts';
import { estimateLines, taskLines } from './plan.ts';
import { noMission, reachWords, type Session, withCluster } from './session.ts';

export interface DecisionOptions {
  readonly decision: ApprovalSpec['decision'];
  /** The goal that is meant. */
  readonly goal?: string;
  /** The plan is meant. */
  readonly plan?: boolean;
  readonly comment?: string;
}

const words = { Approve: { command: 'approve', done: 'approved' }, Reject: { command: 'reject', done: 'rejected' } } as const;

interface Situation {
  readonly session: Session;
  readonly cluster: Cluster;
  readonly mission: Mission;
  readonly options: DecisionOptions;
}

/** Says yes or no to the one thing that is awaited, or to the one that is named. Saying the same twice is harmless. */
export function decisionCommand(session: Session, name: string, options: DecisionOptions): Promise<number> {
  return withCluster(session, async (cluster) => {
    await decideOn(session, cluster, name, options);
    return exitCodes.ok;
  });
}

/** The same over a connection that is open: shows what is asked, and says it. */
export async function decideOn(session: Session, cluster: Cluster, name: string, options: DecisionOptions): Promise<void> {
  // Who may approve may read missions and plans, and need not be let in to tasks.
  const mission = await cluster.client.get<Mission>(missions, { namespace: cluster.namespace, name });
  if (mission === undefined) throw noMission(name, cluster);
  const situation = { session, cluster, mission, options };
  const asked = chosen(situation);
  await show(situation, asked);
  const said = await say(situation, asked, await whoAmI(cluster.client));
  line(session.terminal, outcome(asked, said, mission));
}

function chosen(situation: Situation): AwaitedApproval {
  const { mission, options: { goal, plan = false } } = situation;
  const asked = askedOf(mission);
  const named = asked.filter(({ kind, name }) => (goal !== undefined && kind === 'Goal' && name === goal) || (plan && kind === 'Plan'));
  const found = goal === undefined && !plan ? asked.filter((one) => answerTo(one) === 'waiting') : named;
  const [only, ...others] = found;
  if (only === undefined) throw nothing(situation);
  if (others.length > 0) throw several(situation, found);
  return only;
}

function nothing(situation: Situation): Refusal {
  const { mission, options: { goal, plan = false } } = situation;
  const what = goal === undefined ? (plan ? 'the plan' : 'anything') : `goal ${goal}`;
  const state = conditionOf(mission.status, 'Succeeded')?.reason ?? 'Pending';
  return new Refusal(`${describe(situation)}: nobody is asked about ${what} now, the mission is ${state}`, command(situation, ['approvals', mission.metadata.name]));
}

function several(situation: Situation, found: readonly AwaitedApproval[]): Refusal {
  const { session, mission, options } = situation;
  const commands = found.map(({ kind, name }) => command(situation, [words[options.decision].command, mission.metadata.name, ...(kind === 'Plan' ? ['--plan'] : ['--goal', name])]));
  for (const [index, asked] of found.entries()) line(session.terminal, `${nameOf(asked)}: ${plain(asked.question)}\n  ${commands[index] ?? ''}`);
  return new Refusal(`${describe(situation)}: people are asked about ${found.length} things`, `name one of them: ${commands[0] ?? ''}`);
}

async function show(situation: Situation, asked: AwaitedApproval): Promise<void> {
  const { session: { terminal }, mission } = situation;
  const style = styleOf(terminal);
  const lines = asked.kind === 'Plan' ? planLines(await planSeen(situation, asked), style) : goalLines(mission, asked, style);
  for (const text of lines) line(terminal, text);
}

/** The plan, as long as it is the one that was asked about: nobody shall approve what they do not see. */
async function planSeen(situation: Situation, { name, digest }: AwaitedApproval): Promise<Plan> {
  const { cluster: { client, namespace } } = situation;
  const plan = await client.get<Plan>(plans, { namespace, name });
  if (plan !== undefined && planDigest(plan) === digest) return plan;
  throw new Refusal(`${describe(situation)}: plan ${name} is ${plan === undefined ? 'not there any more' : 'not the one that people are asked about'}`, `wait a moment and look again: ${command(situation, ['approvals', situation.mission.metadata.name])}`);
}

function planLines({ metadata, spec: { tasks, summary, estimate } }: Plan, style: Style): string[] {
  return [
    `${style.paint('strong', `plan ${metadata.name}`)}${summary === undefined ? '' : `: ${plain(summary)}`}`,
    ...taskLines(tasks, style).map((text) => `  ${text}`),
    ...estimateLines(estimate).map((text) => `  ${text}`),
  ];
}

function goalLines({ status }: Mission, { name, question }: AwaitedApproval, style: Style): string[] {
  const evidence = status?.goals?.find((goal) => goal.name === name)?.evidence;
  return [`${style.paint('strong', `goal ${name}`)}: ${plain(question)}`, ...(evidence === undefined ? [] : [`  ${plain(evidence)}`])];
}

/** Creates the Approval; gives the one that exists when the user has said the same before. */
async function say(situation: Situation, asked: AwaitedApproval, approver: string): Promise<Approval> {
  const { cluster: { client, namespace }, mission, options: { decision, comment } } = situation;
  const object = approvalObject(mission, asked, { decision, approver, ...(comment === undefined ? {} : { comment }) });
  try {
    return await client.create<Approval>(approvals, object);
  } catch (cause) {
    if (isKubeError(cause, 'Forbidden')) throw new Refusal(`${describe(situation)}: ${approver} may not create approvals.coditect.ai in namespace ${namespace}`, 'ask for ClusterRole coditect-approver in this namespace: docs/approvals.md', { cause });
    if (!isKubeError(cause, 'AlreadyExists')) throw cause;
  }
  const before = await client.get<Approval>(approvals, { namespace, name: object.metadata.name });
  if (before?.spec.decision === decision) return before;
  throw new Refusal(`${describe(situation)}: ${approver} has ${before === undefined ? 'just taken back what was said of it' : `${words[before.spec.decision].done} it before`}`, `to say something else, let somebody who may delete what was said: kubectl delete approvals.coditect.ai ${object.metadata.name} -n ${namespace}`);
}

function outcome(asked: AwaitedApproval, { spec: { approver, decision } }: Approval, { metadata }: Mission): string {
  const head = `${plain(approver)} ${words[decision].done} ${nameOf(asked)} of mission ${metadata.name}`;
  if (decision === 'Reject') return head;
  const all = new Set([...asked.approvedBy, approver]).size;
  return all >= asked.required ? `${head}: ${all} of ${asked.required}` : `${head}: ${all} of ${asked.required}, ${asked.required - all} more must`;
}

function describe({ mission, options: { decision, goal, plan = false } }: Situation): string {
  const of = `mission ${mission.metadata.name}`;
  return `${words[decision].command} ${goal === undefined ? (plan ? `the plan of ${of}` : of) : `goal ${goal} of ${of}`}`;
}

function command({ session, cluster }: Situation, rest: readonly string[]): string {
  return ['kubectl', 'mission', ...rest, ...reachWords(session.reach, cluster)].map(shellWord).join(' ');
}
