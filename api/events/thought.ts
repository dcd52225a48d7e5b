// What an agent tells of its thinking while it works: events for those who watch, count and replay. Sizes and names only; never a text that was read, written or said.
import { z } from 'zod';
import { CallUsage } from '../llm.ts';
import { Epoch, Uid } from '../v1alpha1/schema.ts';

/** Raised when a field changes its meaning or goes; a further field is no new version. */
export const thoughtVersion = 1;

const count = z.int().min(0).max(9_007_199_254_740_991);
const name = z.string().min(1).max(128);

/** What every event of an attempt says of itself. */
const heading = {
  version: z.literal(thoughtVersion),
  taskUid: Uid,
  attempt: z.int().min(1).max(2_147_483_647),
  /** Under which the attempt ran when it happened. */
  epoch: Epoch,
  /** Counted from 1 without a gap over all events of one attempt: with `attempt` it is the order of all events of a task. */
  seq: count.min(1),
  /** Answer of a model that it belongs to, counted from 1 over the attempt; 0 before the first. */
  turn: count,
};

/** A model has answered. */
export const AgentThink = z.strictObject({
  ...heading,
  type: z.literal('agent.think'),
  model: name,
  /** Absent when the provider gave none. */
  stopReason: name.optional(),
  /** Tools that it called. */
  calls: count,
  saidBytes: count,
  usage: CallUsage,
});
export type AgentThink = z.infer<typeof AgentThink>;

export const sideEffects = ['none', 'workspace', 'runs', 'outside'] as const;
export const callOutcomes = ['done', 'failed', 'wrongInput'] as const;

/** A tool was called. */
export const AgentAct = z.strictObject({
  ...heading,
  type: z.literal('agent.act'),
  /** `unknown` for a name that no tool has: what a model made up is not repeated. */
  tool: name,
  sideEffect: z.enum(sideEffects),
  outcome: z.enum(callOutcomes),
  inputBytes: count,
  outputBytes: count,
});
export type AgentAct = z.infer<typeof AgentAct>;

const thoughtEnds = ['finished', 'gaveUp', 'stuck', 'limit', 'declined', 'refused', 'later'] as const;

/** What came of a turn. */
export const AgentLearn = z.strictObject({
  ...heading,
  type: z.literal('agent.learn'),
  /** Whether files are not what they were before the turn. */
  filesChanged: z.boolean(),
  /** Turns in a row that changed nothing and told nothing new. */
  idleTurns: count,
  /** Why the conversation is over. Absent while it goes on. */
  end: z.enum(thoughtEnds).optional(),
});
export type AgentLearn = z.infer<typeof AgentLearn>;

export const ThoughtEvent = z.discriminatedUnion('type', [AgentThink, AgentAct, AgentLearn]);
export type ThoughtEvent = z.infer<typeof ThoughtEvent>;
