// The world model: what is known of a mission right now, in one object. It is a copy that may be late; nothing may be decided by it.
import { z } from 'zod';
import { MissionFacts, ResourceVersion, TaskFacts } from './events/change.ts';
import { JsonObject } from './v1alpha1/json.ts';
import { Epoch, LabelName, ObjectName, Time, Uid } from './v1alpha1/schema.ts';

/** Raised when a field changes its meaning or goes; a further field is no new version. */
export const worldVersion = 1;

const count = z.int().min(0).max(9_007_199_254_740_991);

export const WorldMission = z.strictObject({
  name: ObjectName,
  resourceVersion: ResourceVersion,
  facts: MissionFacts,
  /** As they were checked last. */
  goals: z.array(z.strictObject({ name: LabelName, state: z.string().max(63), reason: z.string().max(63) })),
});
export type WorldMission = z.infer<typeof WorldMission>;

export const WorldTask = z.strictObject({
  name: ObjectName,
  uid: Uid,
  resourceVersion: ResourceVersion,
  facts: TaskFacts,
  /** What the runtime measured: exit codes, counts of tests, hashes. */
  observed: JsonObject.optional(),
  /** The state that was expected after its action, recorded before it. */
  expected: z.array(z.string().max(256)),
  /** Where the actual state differs. */
  violations: z.array(z.strictObject({ kind: z.string().max(63), message: z.string().max(256), path: z.string().max(255).optional() })),
  /** Git tree hash of the files that it left. */
  tree: z.string().max(64).optional(),
});
export type WorldTask = z.infer<typeof WorldTask>;

/** An agent at one task. */
export const WorldAgent = z.strictObject({
  agent: z.string().max(253),
  pool: z.string().max(253),
  task: Uid,
  attempt: count,
  /** `work`: it has the task, and has told nothing of it yet. */
  doing: z.enum(['work', 'think', 'act', 'learn', 'files']),
  tool: z.string().max(128).optional(),
  model: z.string().max(128).optional(),
  turn: count,
  /** When it told something last. */
  lastSeen: Time.optional(),
});
export type WorldAgent = z.infer<typeof WorldAgent>;

/** A file that a task changed. Each task has files of its own: the same path may be there for several. */
export const WorldFile = z.strictObject({ path: z.string().max(255), hash: z.string().max(64).optional().describe('Absent for a deleted file.'), task: Uid, attempt: count });
export type WorldFile = z.infer<typeof WorldFile>;

export const WorldLock = z.strictObject({ name: z.string().max(253), holder: z.string().max(253), token: Epoch, until: Time });
export type WorldLock = z.infer<typeof WorldLock>;

/** Everything that is known of one mission; lists are sorted, so equal worlds give equal bytes. */
export const World = z.strictObject({
  version: z.literal(worldVersion),
  tenant: LabelName,
  uid: Uid,
  /** Absent: only things of the mission were heard of, not yet itself. */
  mission: WorldMission.optional(),
  /** By name. */
  tasks: z.array(WorldTask),
  /** By name, then task. */
  agents: z.array(WorldAgent),
  /** By path, then task. */
  files: z.array(WorldFile),
  /** Changed files that are not listed, because an attempt changed too many. */
  filesLeftOut: count,
  /** By name; those that were taken through the mirror that answers. */
  locks: z.array(WorldLock),
});
export type World = z.infer<typeof World>;

/** Most of what an outlook lists; what is left out is counted. */
export const outlookLimits = { tasks: 200, files: 500 } as const;

/** What an agent may know of the mission that it works for: who does what, and which files the others have changed. */
export const Outlook = z.strictObject({
  goals: z.array(z.strictObject({ name: LabelName, state: z.string().max(63) })),
  /** Those at work first, then those that failed, those that wait, and the rest. */
  tasks: z
    .array(
      z.strictObject({
        /** Name in the plan. */
        task: ObjectName,
        type: z.string().max(40),
        action: z.string().max(63),
        /** Reason of its condition Succeeded. */
        state: z.string().max(63),
        isOwn: z.boolean(),
        /** What its agent does now; absent where none is at it. */
        doing: WorldAgent.shape.doing.optional(),
      }),
    )
    .max(outlookLimits.tasks),
  tasksLeftOut: count,
  /** Files that other tasks have changed, by path, then task. */
  files: z.array(z.strictObject({ path: z.string().max(255), task: ObjectName, isDeleted: z.boolean() })).max(outlookLimits.files),
  /** Files that are not listed: too many, or not told. */
  filesLeftOut: count,
});
export type Outlook = z.infer<typeof Outlook>;
