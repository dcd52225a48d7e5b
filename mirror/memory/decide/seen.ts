// What is remembered of a mission while it goes on: enough to say, when it has ended, what its tasks have taught.
import type { GoalSeen } from '#api/memory.ts';
import type { MissionFacts, TaskChange, TaskFacts } from '#api/events/change.ts';
import type { MissionSpec } from '#api/v1alpha1/mission.ts';
import type { PlanSpec } from '#api/v1alpha1/plan.ts';

/** A plan that a planner has made. */
export interface PlanSeen {
  readonly name: string;
  readonly uid: string;
  readonly spec: PlanSpec;
}

/** A task that has ended. */
export interface EndedSeen {
  readonly uid: string;
  readonly facts: TaskFacts;
  readonly time: string;
  readonly message: string;
  readonly tool: string;
  readonly language: string;
  readonly tests: number;
}

/** A goal as its status says, with what the verdict looks at. */
export interface GoalState extends GoalSeen {
  readonly reason: string;
}

/** One run of a mission. */
export interface Course {
  readonly uid: string;
  readonly name: string;
  readonly tenant: string;
  /** Number of the first message of the log that told of it. */
  readonly first: number;
  /** Place of the newest event about it. */
  rank: string;
  run: number;
  /** Undefined when nobody told. */
  spec?: MissionSpec;
  goals: readonly GoalState[];
  /** As they were told last. */
  facts?: MissionFacts;
  readonly plans: Map<string, PlanSeen>;
  /** What intents became, by task; told before a task has ended. */
  readonly tools: Map<string, string>;
  readonly ended: Map<string, EndedSeen>;
}

/** True for a run that is over: nothing more comes of it but what was late. */
export function isOver({ facts, run }: Pick<Course, 'facts' | 'run'>): boolean {
  return facts?.run === run && facts.completionTime !== undefined;
}

/** A task that has ended, out of the event that says so. Texts are cut; nothing of what it claimed is read. */
export function endedIn({ uid, facts, status = {} }: TaskChange, time: string, tool: string): EndedSeen {
  const { outcome, observed } = status as { readonly outcome?: { readonly message?: unknown }; readonly observed?: Readonly<Record<string, unknown>> };
  const { mainLanguage, tests } = observed ?? {};
  return {
    uid,
    facts,
    time: facts.completionTime ?? time,
    message: textOf(outcome?.message),
    tool,
    language: textOf(mainLanguage),
    tests: typeof tests === 'number' && Number.isSafeInteger(tests) && tests >= 0 ? tests : 0,
  };
}

/** What an intent became, when a status says so. */
export function toolIn(status: TaskChange['status']): string | undefined {
  const { action } = (status ?? {}) as { readonly action?: { readonly tool?: unknown } | null };
  return typeof action?.tool === 'string' ? action.tool : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
