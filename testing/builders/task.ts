// Tasks in the words of a test: applied alone, or as one of a mission's plan.
import { z } from 'zod';
import { labels, taskRoles } from '#api/labels.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { type Task, type TaskResult, TaskSpec, TaskStatus } from '#api/v1alpha1/task.ts';
import { expandPlan } from '#domain/plan/expand.ts';
import { frozen } from './frozen.ts';
import { type Meta, metaOf } from './meta.ts';

type SpecInput = z.input<typeof TaskSpec>;

const time = '2026-01-01T00:00:10Z';

/** Builds a task applied alone: an Analyzer that measures code in namespace `team-a`. */
export function aTask(name = 't'): TaskBuilder {
  return new TaskBuilder({ name, namespace: 'team-a' }, { type: 'Analyzer', intent: { action: 'AnalyzeCode' } }, {});
}

/** Builds the Task object of `taskName` in the plan of a mission. */
export function taskOf(mission: Mission, taskName: string, run = 1): TaskBuilder {
  const planned = expandPlan(mission, run).find(({ name }) => name === taskName);
  if (planned === undefined) throw new Error(`build task ${taskName}: mission ${mission.metadata.name} has no such task; add it with withTask`);
  const { namespace, uid } = mission.metadata;
  const role = planned.phase === 'work' ? {} : { [labels.role]: taskRoles[planned.phase] };
  return new TaskBuilder({ name: planned.objectName, namespace, labels: { [labels.mission]: uid, [labels.run]: String(run), ...role } }, planned.spec, {});
}

export class TaskBuilder {
  readonly #meta: Meta;
  readonly #spec: SpecInput;
  readonly #status: TaskStatus;

  constructor(meta: Meta, spec: SpecInput, status: TaskStatus) {
    this.#meta = meta;
    this.#spec = spec;
    this.#status = status;
  }

  spec(changes: Partial<SpecInput>): TaskBuilder {
    return new TaskBuilder(this.#meta, { ...this.#spec, ...changes }, this.#status);
  }

  meta(changes: Partial<Meta>): TaskBuilder {
    return new TaskBuilder({ ...this.#meta, ...changes }, this.#spec, this.#status);
  }

  status(changes: Partial<TaskStatus>): TaskBuilder {
    return new TaskBuilder(this.#meta, this.#spec, { ...this.#status, ...changes });
  }

  /** Its Accepted condition is True. */
  accepted(): TaskBuilder {
    return this.status({ conditions: [{ type: 'Accepted', status: 'True', reason: 'Accepted', message: 'the spec is valid', lastTransitionTime: time }] });
  }

  /** Attempt 1 was recorded as handed to `agent`. */
  assigned(agent = 'agent-1'): TaskBuilder {
    const assignment = { pool: 'crew', poolNamespace: 'team-a', agent, agentUid: `uid-${agent}`, epoch: { term: 1, counter: 1 }, assignedTime: time, matchReason: 'it fits' };
    return this.status({ attempt: 1, assignment });
  }

  /** Attempt 1 has run for a second or longer. */
  running(agent = 'agent-1'): TaskBuilder {
    return this.assigned(agent).status({ startTime: time });
  }

  /** Decided; Succeeded and Failed by an attempt unless another reason is told. */
  ended(result: TaskResult, reason?: string, at = time): TaskBuilder {
    const byAttempt = reason === undefined && (result === 'Succeeded' || result === 'Failed');
    const outcome = { result, reason: reason ?? (result === 'Succeeded' ? 'Completed' : 'ActionFailed'), message: `it ended as ${result}`, time: at };
    if (!byAttempt) return this.status({ outcome, completionTime: at });
    return this.assigned().status({ outcome: { ...outcome, epoch: { term: 1, counter: 1 }, resultDigest: 'd' }, completionTime: at });
  }

  /** The object as the API server hands it out, defaults filled in. */
  build(): Task {
    const status = TaskStatus.parse(this.#status);
    return frozen({
      apiVersion: 'coditect.ai/v1alpha1',
      kind: 'Task',
      metadata: metaOf(this.#meta),
      spec: TaskSpec.parse(this.#spec),
      ...(Object.keys(status).length === 0 ? {} : { status }),
    });
  }
}
