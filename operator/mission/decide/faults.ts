// What stands against a mission, in order of precedence: the first fault found is the one the user reads.
import type { MissionReason } from '#api/conditions.ts';
import { firstUnservable } from '#domain/capability/match.ts';
import { plainText } from '#domain/conditions.ts';
import { describePlanFault, firstPlanFault } from '#domain/plan/faults.ts';
import { askingOf, offersOf } from '#domain/planning/offers.ts';
import type { Facts } from './facts.ts';
import { type Candidate, hasStarted, isUnplanned, type MissionView } from './view.ts';

export interface MissionFault {
  readonly reason: Exclude<MissionReason<'Accepted'>, 'Accepted'>;
  readonly message: string;
}

export const sizeLimits = { missionBytes: 131_072, taskBytes: 65_536 } as const;

/** The faults of the spec alone: the same for every state of the world, right only by a new generation. */
const specFaults: readonly ((view: MissionView) => MissionFault | undefined)[] = [noTasks, noPlan, tooLarge, planIsInvalid];

/** The faults of a plan in this world; they may pass by themselves. */
const worldFaults: readonly ((view: MissionView, facts: Facts) => MissionFault | undefined)[] = [startedTaskChanged, nameTaken, nobodyServes, nothingServes];

/** What is wrong with the spec, or undefined. A graph with such a fault is never expanded. */
export function firstSpecFault(view: MissionView): MissionFault | undefined {
  for (const find of specFaults) {
    const fault = find(view);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What is wrong with this plan here and now, or undefined. */
export function firstWorldFault(view: MissionView, facts: Facts): MissionFault | undefined {
  for (const find of worldFaults) {
    const fault = find(view, facts);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function noTasks({ mission }: MissionView) {
  if (mission.spec.tasks.length > 0 || mission.spec.planner !== undefined) return undefined;
  return { reason: 'NoPlanner', message: 'the mission has no tasks and no planner that makes them: write the task graph under spec.tasks, or set spec.planner' } as const;
}

/** Why there will be no plan unless somebody changes something. */
function noPlan(view: MissionView): MissionFault | undefined {
  const { candidate, planner } = view.planning;
  if (!isUnplanned(view) || candidate?.state === 'awaited') return undefined;
  if (candidate !== undefined) return rejection(candidate);
  if (planner.kind === 'absent') return { reason: 'NoPlanner', message: 'spec.planner: this installation has no LLM gateway; install it, or write the task graph under spec.tasks' };
  return planner.kind === 'refused' ? { reason: 'PlanRefused', message: plainText(planner.message, 1000) } : undefined;
}

function rejection({ plan, state, standing }: Candidate): MissionFault {
  if (state === 'denied') {
    const comment = standing?.comment === undefined ? '' : `: ${standing.comment}`;
    return { reason: 'PlanDenied', message: plainText(`plans.coditect.ai ${plan.metadata.name} was rejected by ${standing?.rejectedBy ?? 'somebody'}${comment}`, 1000) };
  }
  const faults = plan.spec.faults.map((fault) => plainText(fault, 200)).join('; ');
  return { reason: 'PlanRejected', message: plainText(`plans.coditect.ai ${plan.metadata.name}: no valid plan came of ${plan.spec.rounds} answers: ${faults}`, 1000) };
}

const utf8 = new TextEncoder();
const bytesOf = (value: object) => utf8.encode(JSON.stringify(value)).length;

function tooLarge({ mission, plan }: MissionView) {
  const bytes = bytesOf(mission.spec);
  if (bytes > sizeLimits.missionBytes) return { reason: 'TooLarge', message: `spec: ${bytes} bytes, the limit is ${sizeLimits.missionBytes}` } as const;
  const large = plan.find(({ spec }) => bytesOf(spec) > sizeLimits.taskBytes);
  if (large === undefined) return undefined;
  return { reason: 'TooLarge', message: `task ${large.name}: ${bytesOf(large.spec)} bytes, the limit is ${sizeLimits.taskBytes}` } as const;
}

function planIsInvalid(view: MissionView) {
  if (isUnplanned(view)) return undefined;
  const fault = firstPlanFault(view.mission.spec);
  return fault && ({ reason: fault.reason, message: describePlanFault(fault) } as const);
}

function startedTaskChanged(view: MissionView, { strays }: Facts) {
  const { live, plan, planning: { superseded } } = view;
  // Until there is a plan nobody knows what was changed.
  if (isUnplanned(view)) return undefined;
  const started = strays.find((task) => hasStarted(task, live) && !superseded.has(task.metadata.name));
  const name = started?.spec.taskName;
  if (name === undefined) return undefined;
  const changed = plan.some((planned) => planned.name === name);
  return changed
    ? ({ reason: 'StartedTaskChanged', message: `task ${name} has started and was edited: undo the edit; nothing new is created until then` } as const)
    : ({ reason: 'StartedTaskRemoved', message: `task ${name} has started and was removed: put it back; nothing new is created until then` } as const);
}

function nameTaken({ mission, foreignNames }: MissionView) {
  const [name] = foreignNames;
  return name === undefined ? undefined : ({ reason: 'NameTaken', message: `tasks.coditect.ai ${mission.metadata.namespace}/${name} exists and does not belong to this mission: delete or rename it` } as const);
}

/** A planner that has nobody to plan for could only be asked in vain. */
function nobodyServes(view: MissionView) {
  const { mission: { metadata, spec }, pools } = view;
  if (!isUnplanned(view) || offersOf(pools, askingOf(metadata.namespace, spec)).size > 0) return undefined;
  return { reason: 'NoMatchingPool', message: `no AgentPool serves missions of namespace ${metadata.namespace} with this poolSelector and workspace, so there is nothing to plan with: create one` } as const;
}

function nothingServes({ mission, pools }: MissionView, { nodes }: Facts) {
  const { namespace } = mission.metadata;
  const { poolSelector } = mission.spec;
  const left = nodes.filter(({ result }) => result === undefined);
  const unservable = firstUnservable(left.map(({ planned: { spec, field } }) => ({ field, namespace, poolSelector, type: spec.type, capabilities: spec.capabilities, resources: spec.resources, gitSecret: spec.workspace?.git?.secretRef?.name })), pools);
  return unservable && ({ reason: 'NoMatchingPool', message: unservable.message } as const);
}
