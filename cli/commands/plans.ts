// `plans` and `plan-diff`: what planners made of a mission, revision by revision.
import { parseTime } from '#api/time.ts';
import { plans } from '#api/v1alpha1/kinds.ts';
import type { Mission, MissionTask } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Cluster } from '../access/cluster.ts';
import { ownObjects } from '../access/own.ts';
import { exitCodes, Refusal } from '../failure.ts';
import { type Style, styleOf, type Tone } from '../terminal/style.ts';
import { line } from '../terminal/terminal.ts';
import { columns, duration, plain, shellWord } from '../terminal/text.ts';
import { planInUse } from '#domain/mission/planned.ts';
import { diffPlans, type FieldChange, type PlanDiff } from '../world/plan-diff.ts';
import { readingMission, reachWords, type Read, type Session } from './session.ts';

/** Lists the plans of a mission, oldest first, and what was wrong with rejected ones. */
export function plansCommand(session: Session, name: string, { json }: { readonly json: boolean }): Promise<number> {
  return readingMission(session, name, async ({ cluster, view: { mission } }) => {
    const found = await plansOf(cluster, mission);
    const answer = planInUse(mission, found);
    if (json) line(session.terminal, JSON.stringify(found.map((plan) => ({ name: plan.metadata.name, inUse: plan === answer && isAccepted(plan), ...plan.spec }))));
    else if (found.length === 0) session.terminal.note(noPlans(mission, cluster));
    else {
      for (const text of columns([heads, ...found.map((plan) => rowOf(plan, plan === answer, session))])) line(session.terminal, text);
      for (const text of found.flatMap(faultsOf)) line(session.terminal, text);
      if (answer !== undefined && !isAccepted(answer)) line(session.terminal, `  next: say more in spec.goal or spec.planner.instructions, or ask again: ${command(['delete', 'plans.coditect.ai', answer.metadata.name], session, cluster)}`);
    }
    return exitCodes.ok;
  });
}

const heads = ['IN USE', 'REVISION', 'VERDICT', 'TASKS', 'ROUNDS', 'COST', 'MODEL', 'AGE', 'NAME'];

function rowOf({ metadata, spec }: Plan, isAnswer: boolean, { clock }: Session): string[] {
  const { revision, verdict, tasks, rounds, usage, model, plannedTime } = spec;
  const planned = parseTime(plannedTime);
  const age = planned === undefined ? '' : duration(Math.max(0, clock.now() - planned));
  return [isAnswer && verdict === 'Accepted' ? '*' : '', `${revision}`, verdict, `${tasks.length}`, `${rounds}`, `${usage.costUsd} USD`, plain(model), age, metadata.name];
}

function faultsOf({ spec: { revision, faults } }: Plan): string[] {
  return faults.map((fault) => `revision ${revision} was rejected: ${plain(fault)}`);
}

function noPlans({ metadata, spec }: Mission, { namespace }: Cluster): string {
  if (spec.planner === undefined) return `mission ${metadata.name} has its tasks in spec.tasks: no planner was asked`;
  return `mission ${metadata.name} has no plan yet ; next: kubectl mission why ${metadata.name} -n ${namespace}`;
}

export interface PlanDiffOptions {
  /** Revision that is compared; unset: the accepted one before `to`. */
  readonly from?: number;
  /** Unset: the newest accepted one. */
  readonly to?: number;
  readonly json: boolean;
}

/** Shows what differs between two plans of a mission. Ends with 0 whether or not something does. */
export function planDiffCommand(session: Session, name: string, options: PlanDiffOptions): Promise<number> {
  return readingMission(session, name, async (read) => {
    const [from, to] = await chosen(read, options);
    const [before, after] = [from.spec.revision, to.spec.revision];
    const diff = diffPlans(from.spec.tasks, to.spec.tasks);
    if (options.json) line(session.terminal, JSON.stringify({ mission: name, from: before, to: after, ...diff }));
    else {
      const counts = `${diff.added.length} added, ${diff.removed.length} removed, ${diff.changed.length} ${diff.changed.length === 1 ? 'field' : 'fields'} changed`;
      line(session.terminal, `mission ${name}, plan ${before} to ${after}: ${counts}`);
      for (const text of diffLines(diff, styleOf(session.terminal))) line(session.terminal, text);
    }
    return exitCodes.ok;
  });
}

async function chosen({ cluster, view: { mission } }: Read, { from, to }: PlanDiffOptions): Promise<readonly [Plan, Plan]> {
  const { name } = mission.metadata;
  const list = `kubectl mission plans ${name} -n ${cluster.namespace}`;
  const accepted = (await plansOf(cluster, mission)).filter(isAccepted);
  const named = (revision: number) => {
    const plan = accepted.find(({ spec }) => spec.revision === revision);
    if (plan === undefined) throw new Refusal(`compare plan ${revision} of mission ${name}: there is no accepted plan of that revision`, list);
    return plan;
  };
  const last = to === undefined ? accepted.at(-1) : named(to);
  const first = from === undefined ? accepted[last === undefined ? -1 : accepted.indexOf(last) - 1] : named(from);
  if (first === undefined || last === undefined) throw new Refusal(`compare plans of mission ${name}: there are not two accepted plans to compare`, list);
  return [first, last];
}

function diffLines({ added, removed, changed }: PlanDiff, style: Style): string[] {
  const whole = (sign: string, tone: Tone) => (task: MissionTask) => style.paint(tone, `${sign} ${task.name}  ${task.type} ${task.intent.action}${task.dependsOn.length === 0 ? '' : `  after ${task.dependsOn.join(', ')}`}`);
  const field = ({ task, field: path, from = 'unset', to = 'unset' }: FieldChange) => style.paint('busy', `~ ${task}  ${path}: ${plain(from)} -> ${plain(to)}`);
  return [...removed.map(whole('-', 'bad')), ...added.map(whole('+', 'good')), ...changed.map(field)];
}

async function plansOf({ client, namespace }: Cluster, mission: Mission): Promise<Plan[]> {
  const { items } = await client.list<Plan>(plans, { namespace, labelSelector: ownObjects(mission) });
  return items.toSorted((a, b) => a.spec.revision - b.spec.revision);
}

function isAccepted({ spec }: Plan): boolean {
  return spec.verdict === 'Accepted';
}

function command(words: readonly string[], { reach }: Session, cluster: Cluster): string {
  return ['kubectl', ...words, ...reachWords(reach, cluster)].map(shellWord).join(' ');
}
