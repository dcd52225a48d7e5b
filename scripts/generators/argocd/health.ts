// How well an object is, in the words of Argo CD: for each kind the conditions that decide, most pressing first. The Lua that Argo CD runs is printed from these rows.
import type { agentPoolConditions, missionConditions, taskConditions } from '#api/conditions.ts';

/** What a health check of Argo CD may answer. */
export type ArgoHealth = 'Healthy' | 'Progressing' | 'Suspended' | 'Degraded';

/** One row: an object with this condition is so. */
export interface HealthRow<Type extends string = string> {
  readonly type: Type;
  readonly status: 'True' | 'False' | 'Unknown';
  /** Only with one of these reasons. Unset: with any. */
  readonly reasons?: readonly string[];
  readonly health: ArgoHealth;
  /** Whose reason and message are shown instead: the first of these conditions that is False. */
  readonly tells?: readonly Type[];
  /** The same for people, in docs/gitops.md. */
  readonly means: string;
}

type MissionRow = HealthRow<keyof typeof missionConditions>;
type TaskRow = HealthRow<keyof typeof taskConditions>;
type PoolRow = HealthRow<keyof typeof agentPoolConditions> & { readonly reasons?: readonly (keyof typeof agentPoolConditions.Ready)[] };

const missionRows: readonly MissionRow[] = [
  // The same condition makes kstatus say Failed, so the two cannot disagree.
  { type: 'Stalled', status: 'True', health: 'Degraded', tells: ['Succeeded', 'Accepted'], means: 'it has ended, but not well, or its spec is refused; the message says which goal, task or field' },
  { type: 'Succeeded', status: 'True', health: 'Healthy', means: 'it has ended well' },
  { type: 'Suspended', status: 'True', health: 'Suspended', means: 'operatingMode is Suspend' },
  { type: 'ApprovalRequired', status: 'True', health: 'Suspended', means: 'people are asked to approve a plan or a goal' },
  { type: 'Reconciling', status: 'True', health: 'Progressing', means: 'it waits for a pool that could run its tasks' },
  { type: 'Succeeded', status: 'Unknown', health: 'Progressing', means: 'it plans or runs' },
];

const taskRows: readonly TaskRow[] = [
  { type: 'Stalled', status: 'True', health: 'Degraded', tells: ['Succeeded', 'Accepted'], means: 'it has failed, or its spec is refused' },
  { type: 'Succeeded', status: 'True', health: 'Healthy', means: 'it has succeeded' },
  { type: 'Succeeded', status: 'False', health: 'Healthy', means: 'it was skipped or cancelled, as its mission wanted it' },
  { type: 'Succeeded', status: 'Unknown', health: 'Progressing', means: 'it waits or runs' },
];

const poolRows: readonly PoolRow[] = [
  { type: 'Stalled', status: 'True', health: 'Degraded', means: 'its pods are refused, or their image cannot be started' },
  { type: 'Reconciling', status: 'True', health: 'Progressing', tells: ['Ready'], means: 'agents start, are replaced or are removed' },
  { type: 'Ready', status: 'True', reasons: ['Paused', 'Draining'], health: 'Suspended', means: 'operatingMode is Pause, or Drain and all agents are gone' },
  { type: 'Ready', status: 'True', health: 'Healthy', means: 'every agent that is needed is connected, or none is needed' },
];

/** The rows of each kind that has conditions. */
export const healthRows = { Mission: missionRows, Task: taskRows, AgentPool: poolRows } as const satisfies Record<string, readonly HealthRow[]>;

const unseen = 'the operator has not looked at it yet';
const outdated = 'the operator has not looked at the newest spec yet';

/** Lua that finds the first row that is so. Argo CD opens no library but the base one, so there are loops and comparisons only. */
export function conditionHealth(rows: readonly HealthRow[]): string {
  return `if obj.status == nil or obj.status.conditions == nil then
  return { status = "Progressing", message = "${unseen}" }
end
if obj.status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "${outdated}" }
end
local has = {}
for _, condition in ipairs(obj.status.conditions) do
  has[condition.type] = condition
end
local function is(type, status, reasons)
  if has[type] == nil or has[type].status ~= status then
    return false
  end
  return reasons == nil or reasons[has[type].reason] == true
end
local function answer(health, condition)
  return { status = health, message = condition.reason .. ": " .. condition.message }
end
${rows.map(rowLua).join('\n')}
return { status = "Progressing", message = "${unseen}" }
`;
}

function rowLua({ type, status, reasons, health, tells = [] }: HealthRow): string {
  const only = reasons === undefined ? '' : `, { ${reasons.map((reason) => `${reason} = true`).join(', ')} }`;
  const others = tells.map((other) => `  if is("${other}", "False") then\n    return answer("${health}", has.${other})\n  end\n`);
  return `if is("${type}", "${status}"${only}) then\n${others.join('')}  return answer("${health}", has.${type})\nend`;
}

/** A Plan has no status: it is what its planner made of the question. */
export const planHealth = `if obj.spec.verdict == "Accepted" then
  return { status = "Healthy", message = "revision " .. obj.spec.revision .. ", " .. #(obj.spec.tasks or {}) .. " tasks" }
end
local fault = (obj.spec.faults or {})[1] or "the planner made no valid plan"
return { status = "Degraded", message = "rejected: " .. fault }
`;

/** An Approval has no status either. That somebody said no is no fault of the object: the mission tells what follows. */
export const approvalHealth = `local said = obj.spec.decision == "Approve" and "approved by " or "rejected by "
return { status = "Healthy", message = said .. obj.spec.approver }
`;
