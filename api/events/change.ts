// What the mirror tells of an object of the API server: what it was seen to be, and what that means in a few plain fields.
import { z } from 'zod';
import { JsonObject } from '../v1alpha1/json.ts';
import { ObjectName, Time, Uid } from '../v1alpha1/schema.ts';

const count = z.int().min(0).max(9_007_199_254_740_991);
const words = (max: number) => z.string().max(max);

/** A version of an object, as the API server numbers them: digits without an upper limit. */
export const ResourceVersion = z.string().regex(/^[0-9]{1,24}$/);

/** The mission that an object belongs to. */
export const MissionRef = z.object({ name: ObjectName, uid: Uid });
export type MissionRef = z.infer<typeof MissionRef>;

/** Fields of every event about an object. */
const change = {
  name: ObjectName,
  uid: Uid,
  generation: count,
  resourceVersion: ResourceVersion,
  /** The version that `status` changes, as a JSON merge patch (RFC 7396). Absent: `status` is the whole of it, and `spec` is told too. */
  base: ResourceVersion.optional(),
  /** Whole; only where `base` is absent, and in the event after a changed spec. */
  spec: JsonObject.optional(),
  /** Absent: there is none, or it has not changed. */
  status: JsonObject.optional(),
};

/** What there is to count about a mission. */
export const MissionFacts = z.object({
  run: count,
  /** Reason of the condition Succeeded; empty before the first. */
  state: words(63),
  /** Status of that condition. */
  succeeded: z.enum(['True', 'False', 'Unknown']),
  goals: count,
  goalsMet: count,
  tasks: count,
  tasksDone: count,
  replans: count,
  startTime: Time.optional(),
  completionTime: Time.optional(),
  costMicroUsd: count,
  savedMicroUsd: count,
  calls: count,
  cachedCalls: count,
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
});
export type MissionFacts = z.infer<typeof MissionFacts>;

/** What there is to count about a task. */
export const TaskFacts = z.object({
  /** Name in its plan; that of the object for a task applied alone. */
  task: ObjectName,
  type: words(40),
  /** Action of its intent; empty for a prompt. */
  action: words(63),
  /** `survey`, `verifier`, `finally`, `output`; empty for tasks of the graph. */
  role: words(63),
  run: count,
  attempt: count,
  pool: words(253),
  agent: words(253),
  /** Reason of the condition Succeeded; empty before the first. */
  state: words(63),
  /** Absent until decided. */
  result: z.enum(['Succeeded', 'Failed', 'Skipped', 'Cancelled']).optional(),
  reason: words(63),
  startTime: Time.optional(),
  completionTime: Time.optional(),
  boundary: words(63),
  /** True for a result that was used again. */
  isMemoized: z.boolean(),
  violations: count,
  /** By their names in the plan. */
  dependsOn: z.array(ObjectName).max(64),
});
export type TaskFacts = z.infer<typeof TaskFacts>;

/** What there is to count about a pool. */
export const PoolFacts = z.object({ ready: count, desired: count, busy: count, queued: count, slots: count, state: words(63) });
export type PoolFacts = z.infer<typeof PoolFacts>;

export const MissionChange = z.object({ ...change, facts: MissionFacts });
export type MissionChange = z.infer<typeof MissionChange>;

export const TaskChange = z.object({ ...change, mission: MissionRef.optional(), facts: TaskFacts });
export type TaskChange = z.infer<typeof TaskChange>;

export const PoolChange = z.object({ ...change, facts: PoolFacts });
export type PoolChange = z.infer<typeof PoolChange>;

/** An object that only records: it is told once, whole. */
export const Recorded = z.object({ name: ObjectName, uid: Uid, resourceVersion: ResourceVersion, mission: MissionRef, spec: JsonObject });
export type Recorded = z.infer<typeof Recorded>;

/** An object that is gone. */
export const Deleted = z.object({ name: ObjectName, uid: Uid, resourceVersion: ResourceVersion, mission: MissionRef.optional() });
export type Deleted = z.infer<typeof Deleted>;

/** A difference between the expected and the actual state of a task. */
export const ViolationFound = z.object({
  task: z.object({ name: ObjectName, uid: Uid }),
  mission: MissionRef.optional(),
  kind: words(63),
  message: words(256),
  path: words(255).optional(),
  attempt: count,
  agent: words(253),
});
export type ViolationFound = z.infer<typeof ViolationFound>;
