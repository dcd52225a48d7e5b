// What the console answers. The page takes its types from here and nothing else: it has no room for schemas.
import { z } from 'zod';

const text = (max: number) => z.string().max(max);
const count = z.int().min(0).max(9_007_199_254_740_991);
const time = text(40);

/** A mission as a row of a list. */
export const MissionRow = z.object({
  namespace: text(63),
  name: text(253),
  uid: text(128),
  created: time,
  /** Reason of the condition Succeeded. */
  state: text(63),
  /** Status of that condition, of the newest spec. */
  verdict: z.enum(['True', 'False', 'Unknown']),
  /** Reason why the spec was refused. */
  refused: text(63).optional(),
  /** People are asked. */
  awaitsApproval: z.boolean(),
  goalsMet: count,
  goals: count,
  tasksDone: count,
  tasks: count,
  running: count,
  failed: count,
  costUsd: text(24),
  started: time.optional(),
  ended: time.optional(),
});
export type MissionRow = z.infer<typeof MissionRow>;

export const MissionList = z.object({
  missions: z.array(MissionRow),
  /** Missions that are not in the list, because it would be too long. */
  leftOut: count,
});
export type MissionList = z.infer<typeof MissionList>;

/** What changed in a list since the last message. */
export const MissionChanges = z.object({ missions: z.array(MissionRow), gone: z.array(text(128)) });
export type MissionChanges = z.infer<typeof MissionChanges>;

export const GoalCard = z.object({
  name: text(63),
  description: text(4096),
  isRequired: z.boolean(),
  /** `expression`, `command`, `artifact`, `judge` or `approval`. */
  check: text(20),
  state: z.enum(['Unknown', 'Met', 'Unmet']),
  reason: text(63),
  evidence: text(512),
  checked: time.optional(),
  /** Who found it, where somebody other than the one who did the work had to. */
  proof: z.object({ task: text(253), agent: text(253), tree: text(64).optional() }).optional(),
});
export type GoalCard = z.infer<typeof GoalCard>;

/** An attempt of a task, as far as it is known. */
export const AttemptBar = z.object({ attempt: count, agent: text(253), reason: text(63), message: text(512), started: time.optional(), ended: time.optional() });
export type AttemptBar = z.infer<typeof AttemptBar>;

export const TaskCard = z.object({
  /** In its plan. */
  name: text(253),
  /** Absent for a task that does not exist yet. */
  uid: text(128).optional(),
  type: text(63),
  action: text(63),
  phase: z.enum(['survey', 'work', 'verifier', 'output', 'finally']),
  dependsOn: z.array(text(253)),
  /** Result of the outcome, or how far it is. */
  state: text(63),
  reason: text(63),
  message: text(512),
  agent: text(253),
  pool: text(253),
  attempt: count,
  started: time.optional(),
  ended: time.optional(),
  /** Attempts before the one that decided, oldest first. */
  before: z.array(AttemptBar),
  isMemoized: z.boolean(),
  violations: z.array(text(256)),
  artifacts: z.array(z.object({ name: text(253), mediaType: text(255), sizeBytes: count })),
});
export type TaskCard = z.infer<typeof TaskCard>;

export const AskedCard = z.object({ kind: text(20), name: text(253), question: text(1024), required: count, approvedBy: z.array(text(256)), rejectedBy: text(256).optional() });
export type AskedCard = z.infer<typeof AskedCard>;

/** One mission with everything that the page draws. */
export const MissionDetail = z.object({
  row: MissionRow,
  goal: text(16_384),
  run: count,
  mode: text(20),
  message: text(32_768),
  /** What to do about it, when somebody has to do something. */
  command: text(512).optional(),
  maxCostUsd: text(24).optional(),
  plan: z.object({ source: text(20), revision: count.optional(), replans: count, estimatedCostUsd: text(24).optional() }).optional(),
  usage: z.object({ calls: count, cachedCalls: count, inputTokens: count, outputTokens: count, cacheReadTokens: count, savedUsd: text(24) }).optional(),
  goals: z.array(GoalCard),
  tasks: z.array(TaskCard),
  asked: z.array(AskedCard),
  /** Kinds that the caller may not list here; what they would add is missing. */
  withheld: z.array(text(63)),
});
export type MissionDetail = z.infer<typeof MissionDetail>;

/** Why things are where they are, in sentences. */
export const Why = z.object({
  /** Absent: the operator was asked. Else why it was not; then only the objects speak. */
  unasked: text(512).optional(),
  explanations: z.array(z.object({ task: text(253).optional(), reason: text(63), message: text(32_768), next: text(1024) })),
});
export type Why = z.infer<typeof Why>;

export const PoolCard = z.object({ namespace: text(63), name: text(253), state: text(63), mode: text(20), agentTypes: z.array(text(63)), ready: count, desired: count, busy: count, queued: count, slots: count });
export type PoolCard = z.infer<typeof PoolCard>;

export const PoolList = z.object({ pools: z.array(PoolCard) });
export type PoolList = z.infer<typeof PoolList>;

/** Why there is no answer, and what to do. */
export const Refused = z.object({ error: text(1024), next: text(1024) });
export type Refused = z.infer<typeof Refused>;
