// Missions and tasks for the tests of this room: valid, small, and with only what a case is about.
import type { Goal, Mission, MissionStatus } from '#api/v1alpha1/mission.ts';
import { MissionSpec } from '#api/v1alpha1/mission.ts';
import type { Condition } from '#api/v1alpha1/schema.ts';
import { TaskSpec, type Task, type TaskResult, type TaskStatus } from '#api/v1alpha1/task.ts';
import type { MissionFeed } from './feed.ts';
import type { MissionView } from '#domain/mission/view.ts';

export const t0 = Date.UTC(2026, 10, 22, 12, 0, 0);
const at = new Date(t0).toISOString();

/** Names of tasks with the names of those they depend on. */
export type Plan = Readonly<Record<string, readonly string[]>>;

/** A mission `examine` in namespace `demo` with this plan. */
export function aMission(plan: Plan, status?: MissionStatus, goals: readonly Goal[] = []): Mission {
  const tasks = Object.entries(plan).map(([name, dependsOn]) => ({ name, dependsOn: [...dependsOn], type: 'Analyzer', intent: { action: 'AnalyzeCode' } }));
  const spec = MissionSpec.parse({ goal: 'know the code', tasks, goals });
  return { apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: meta('examine', 'u-mission'), spec, ...(status === undefined ? {} : { status: { observedGeneration: 1, ...status } }) };
}

/** The same mission, when a planner has to make its tasks. */
export function aPlannedMission(status?: MissionStatus, goals: readonly Goal[] = []): Mission {
  const mission = aMission({}, status, goals);
  return { ...mission, spec: MissionSpec.parse({ ...mission.spec, planner: {} }) };
}

/** A Task object of that mission. */
export function aTask(name: string, dependsOn: readonly string[], status?: TaskStatus, run = 1): Task {
  const spec = TaskSpec.parse({ type: 'Analyzer', intent: { action: 'AnalyzeCode' }, dependsOn, missionRef: { name: 'examine', uid: 'u-mission' }, taskName: name, run });
  return { apiVersion: 'coditect.ai/v1alpha1', kind: 'Task', metadata: meta(`examine-${name}`, `u-${name}-${run}`), spec, ...(status === undefined ? {} : { status }) };
}

/** The Succeeded condition. */
export function succeeded(status: Condition['status'], reason: string, message = ''): Condition {
  return { type: 'Succeeded', status, reason, message, lastTransitionTime: at };
}

/** Status of a task that has ended after `ms` milliseconds. */
export function ended(result: TaskResult, { ms = 1200, reason = 'Completed', message = '' }: { readonly ms?: number; readonly reason?: string; readonly message?: string } = {}): TaskStatus {
  return { attempt: 1, startTime: new Date(t0).toISOString(), completionTime: new Date(t0 + ms).toISOString(), outcome: { result, reason, message, time: at } };
}

/** Status of a task that an agent works on. */
export function running(agent: string, attempt = 1): TaskStatus {
  const epoch = { term: 1, counter: 1 };
  return {
    attempt,
    startTime: at,
    conditions: [succeeded('Unknown', 'Running')],
    assignment: { pool: 'crew', poolNamespace: 'demo', agent, agentUid: 'u-agent', epoch, assignedTime: at, matchReason: 'free slot' },
  };
}

/** A feed whose view a test sets. */
export class FakeFeed implements MissionFeed {
  #view: MissionView | undefined;
  #isRefreshed = false;
  readonly #listeners = new Set<() => void>();
  closed = false;

  constructor(view: MissionView | undefined) {
    this.#view = view;
  }

  view(): MissionView | undefined {
    return this.#view;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  refresh(): Promise<void> {
    this.#isRefreshed = true;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  /** Listeners that have not been taken back. */
  get listeners(): number {
    return this.#listeners.size;
  }

  show(view: MissionView | undefined): void {
    if (!this.#isRefreshed) this.#view = view;
    for (const listener of this.#listeners) listener();
  }
}

function meta(name: string, uid: string) {
  return { name, namespace: 'demo', uid, resourceVersion: '1', generation: 1, creationTimestamp: at };
}
