// The arms of the bench as plain data: every arm is the same program, and differs from another one by its levers alone.
import type { ModelPolicy } from '#api/v1alpha1/task.ts';
import type { ModelRequest } from '#agent-runtime/llm/model.ts';

/** The model of those who do not look at the price, and the one that a cascade begins with. */
export const strongModel = 'claude-opus-5-5';
export const smallModel = 'claude-haiku-5-5';

/** What can be switched. Off is what somebody does who thinks of nothing but the answer. */
export interface Levers {
  /** Marks in the request that let the provider keep the beginning of a conversation. Off: the marks are taken out. */
  readonly promptCache: boolean;
  /** The small model makes the plans; the rules of plans judge them. */
  readonly smallPlanner: boolean;
  /** The small model writes code first; the strong one takes over where tests say that it does not get there. */
  readonly cascade: boolean;
  /** Calls that need no answer of each other in one turn. Off: `disable_parallel_tool_use`. */
  readonly callsAtOnce: boolean;
  /** Answers to equal questions are kept: plans, and the questions of agents. */
  readonly reuse: boolean;
}

export interface Arm {
  readonly name: string;
  readonly levers: Levers;
}

const none: Levers = { promptCache: false, smallPlanner: false, cascade: false, callsAtOnce: false, reuse: false };
const all: Levers = { promptCache: true, smallPlanner: true, cascade: true, callsAtOnce: true, reuse: true };

export const naive: Arm = { name: 'naive', levers: none };
export const competent: Arm = { name: 'competent: naive + prompt cache', levers: { ...none, promptCache: true } };
export const everything: Arm = { name: 'all levers', levers: all };
/** What the cascade is compared with when it is asked whether it pays. */
export const withoutCascade: Arm = { name: 'all levers but the cascade', levers: { ...all, cascade: false } };

/** The baselines, each lever alone over the naive one, and all of them. Prompt cache alone is the competent baseline. */
export const arms: readonly Arm[] = [
  naive,
  competent,
  { name: 'naive + small planner', levers: { ...none, smallPlanner: true } },
  { name: 'naive + cascade', levers: { ...none, cascade: true } },
  { name: 'naive + calls at once', levers: { ...none, callsAtOnce: true } },
  { name: 'naive + reuse', levers: { ...none, reuse: true } },
  withoutCascade,
  everything,
];

/** What a mission of this arm says about models. */
export function modelPolicyOf({ cascade, reuse }: Levers): ModelPolicy {
  return { ...(cascade ? { tiers: [smallModel, strongModel] } : {}), ...(reuse ? { reuse: 'Exact' as const } : {}) };
}

/** A request of an agent as this arm sends it. */
export function shaped(request: ModelRequest, { promptCache, callsAtOnce }: Levers): ModelRequest {
  const sent = promptCache ? request : withoutMarks(request);
  return callsAtOnce ? sent : { ...sent, ...oneCallATurn };
}

/** Our agents never ask for it, so their requests have no field for it; the provider's have. */
const oneCallATurn: object = { tool_choice: { type: 'auto', disable_parallel_tool_use: true } };

function withoutMarks(request: ModelRequest): ModelRequest {
  const { cache_control: _, system, ...rest } = request;
  return { ...rest, system: system.map(({ type, text }) => ({ type, text })) };
}
