// What an agent tells of its thinking while it works: events for those who watch, count and replay. Sizes and names only; never a text that was read, written or said.
import { z } from 'zod';
import { CallUsage } from '../llm.ts';
import { Epoch, Uid } from '../v1alpha1/schema.ts';

/** Raised when a field changes its meaning or goes; a further field is no new version. */
export const thoughtVersion = 1;

const count = z.int().min(0).max(9_007_199_254_740_991);
/** Of a model or a tool. No blanks and no marks: who tells is trusted with little, and a name is no place for a text. */
const name = z.string().min(1).max(128).regex(/^[\w.:/@+-]+$/);
const hash = z.string().max(64).regex(/^[\w-]*$/);

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
export const AgentThink = z.object({
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
export const AgentAct = z.object({
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
export const AgentLearn = z.object({
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

/** Most files of one event; an attempt that changed more tells the first of them. */
export const mostFiles = 200;

/** Files that an attempt has changed, by the hashes that git gives them. */
export const AgentFiles = z.object({
  ...heading,
  type: z.literal('agent.files'),
  treeBefore: hash,
  treeAfter: hash,
  /** By path, in the order of their names. A deleted file has no hash. */
  files: z.array(z.object({ path: z.string().min(1).max(255), hash: hash.optional() })).max(mostFiles),
  /** Files that were changed; more than are told when there were too many. */
  changed: count,
});
export type AgentFiles = z.infer<typeof AgentFiles>;

export const ThoughtEvent = z.discriminatedUnion('type', [AgentThink, AgentAct, AgentLearn, AgentFiles]);
export type ThoughtEvent = z.infer<typeof ThoughtEvent>;
