// What missions have taught: an episode for each task that has ended, and lessons, which are episodes that goals have checked. The mirror keeps them; planners and people read them.
import { z } from 'zod';
import { ObjectName, Time, Uid } from './v1alpha1/schema.ts';

const words = (max: number) => z.string().max(max);
const count = z.int().min(0).max(9_007_199_254_740_991);

/** Unchecked: nobody knows whether it was right. Worked: the goals of the mission were met by it. Failed: they were not, or another plan had to take its place. */
export const verdicts = ['Unchecked', 'Worked', 'Failed'] as const;
export type Verdict = (typeof verdicts)[number];

/** Sizes of what is kept. All of it together stays below 16 KiB. */
export const memoryLimits = { goal: 1000, planTasks: 24, taskWords: 160, goals: 16, evidence: 200, because: 400, message: 256, situation: 1500 } as const;

/** A goal of a mission, as its check decided it. */
export const GoalSeen = z.object({ name: words(63), state: words(16), evidence: words(memoryLimits.evidence) });
export type GoalSeen = z.infer<typeof GoalSeen>;

/** One task that has ended: where it stood, what was done, and what came of it. */
export const Episode = z.object({
  /** UID of the task. */
  id: Uid,
  mission: ObjectName,
  missionUid: Uid,
  run: count,
  /** What the mission was to achieve, in the words of its user, cut. Empty when nobody told. */
  goal: words(memoryLimits.goal),
  task: ObjectName,
  type: words(40),
  action: words(63),
  /** As in the facts of a task: empty for tasks of the graph. */
  role: words(63),
  /** What the intent became, for example `vitest`; empty when no attempt ran. */
  tool: words(63),
  /** What most of the workspace is written in, where it was measured. */
  language: words(40),
  /** Tests that ran, where they were counted. */
  tests: count,
  /** Name of the Plan object; empty for a graph that a user wrote. */
  planName: words(253),
  /** Its tasks in words, `<name>: <type>/<action> after <names>`. */
  plan: z.array(words(memoryLimits.taskWords)).max(memoryLimits.planTasks),
  result: words(16),
  reason: words(63),
  message: words(memoryLimits.message),
  seconds: count,
  endTime: Time,
  verdict: z.enum(verdicts),
  /** Why the verdict is what it is. */
  because: words(memoryLimits.because),
  goals: z.array(GoalSeen).max(memoryLimits.goals),
  /** What the whole mission has cost by then. */
  costMicroUsd: count,
  missionSeconds: count,
  /** True for the one episode that speaks for its plan. Only checked ones do. */
  isLead: z.boolean(),
});
export type Episode = z.infer<typeof Episode>;

/** What a planner is told of a plan of the past. */
export const Lesson = z.object({
  /** UID of the task that it was learned from. */
  id: Uid,
  goal: words(memoryLimits.goal),
  verdict: z.enum(['Worked', 'Failed']),
  because: words(memoryLimits.because),
  plan: z.array(words(memoryLimits.taskWords)).max(memoryLimits.planTasks),
  goals: z.array(GoalSeen.omit({ evidence: true })).max(memoryLimits.goals),
  language: words(40),
  costUsd: words(24),
  seconds: count,
});
export type Lesson = z.infer<typeof Lesson>;

/** Most lessons for one plan. */
export const mostLessons = 3;

/** A lesson, and how far it is from what was asked: 0 is the same, 2 the opposite. */
export const RecalledLesson = z.object({ distance: z.number().min(0).max(2), lesson: Lesson });
export type RecalledLesson = z.infer<typeof RecalledLesson>;

/** What a plan was given. Lessons that are not kept any more are named only. */
export const GivenLessons = z.object({ plan: ObjectName, ids: z.array(Uid).max(mostLessons), lessons: z.array(Lesson).max(mostLessons) });
export type GivenLessons = z.infer<typeof GivenLessons>;

/** What is known of the lessons of a mission. */
export const LessonsAnswer = z.object({
  mission: ObjectName,
  given: z.array(GivenLessons).max(100),
  /** Lessons that it left, one a plan. */
  left: z.array(Lesson).max(100),
  /** Episodes that it left, of all verdicts, as far as they are kept. */
  episodes: count,
  /** How many of them are unchecked: no plan is made from them. */
  unchecked: count,
});
export type LessonsAnswer = z.infer<typeof LessonsAnswer>;
