// Missions in the words of a test. Each step gives a new builder, so a common start can be told once.
import { z } from 'zod';
import { type Mission, MissionSpec, type MissionStatus, MissionStatus as StatusSchema } from '#api/v1alpha1/mission.ts';
import { frozen } from './frozen.ts';
import { type Meta, metaOf } from './meta.ts';

type SpecInput = z.input<typeof MissionSpec>;
type TaskInput = NonNullable<SpecInput['tasks']>[number];
type GoalInput = NonNullable<SpecInput['goals']>[number];

/** A task of a mission as tests tell it. */
export type TaskWish = Partial<Omit<TaskInput, 'name' | 'dependsOn'>> & {
  /** Names of the tasks it depends on. */
  readonly after?: readonly string[];
};

/** Builds a mission `name` in namespace `team-a`. */
export function aMission(name = 'm'): MissionBuilder {
  return new MissionBuilder({ name, namespace: 'team-a' }, { goal: 'a goal' }, undefined);
}

function taskInput(name: string, { after = [], ...wish }: TaskWish): TaskInput {
  return { name, type: 'Analyzer', intent: { action: 'AnalyzeCode' }, dependsOn: [...after], ...wish };
}

export class MissionBuilder {
  readonly #meta: Meta;
  readonly #spec: SpecInput;
  readonly #status: MissionStatus | undefined;

  constructor(meta: Meta, spec: SpecInput, status: MissionStatus | undefined) {
    this.#meta = meta;
    this.#spec = spec;
    this.#status = status;
  }

  /** Adds a task: an Analyzer that measures code unless told. */
  withTask(name: string, wish: TaskWish = {}): MissionBuilder {
    return this.spec({ tasks: [...(this.#spec.tasks ?? []), taskInput(name, wish)] });
  }

  /** Adds a task to finally. */
  withFinally(name: string, wish: TaskWish = {}): MissionBuilder {
    return this.spec({ finally: [...(this.#spec.finally ?? []), taskInput(name, wish)] });
  }

  /** Adds several tasks that depend on nothing. */
  withTasks(...names: readonly string[]): MissionBuilder {
    return names.reduce((builder: MissionBuilder, name) => builder.withTask(name), this);
  }

  withGoal(name: string, expression: string, required = true): MissionBuilder {
    return this.withCheck(name, { expression }, { required });
  }

  /** Adds a goal with any check, or a part of another goal. */
  withCheck(name: string, check: GoalInput['check'], more: Partial<GoalInput> = {}): MissionBuilder {
    return this.spec({ goals: [...(this.#spec.goals ?? []), { name, ...(check === undefined ? {} : { check }), ...more }] });
  }

  spec(changes: Partial<SpecInput>): MissionBuilder {
    return new MissionBuilder(this.#meta, { ...this.#spec, ...changes }, this.#status);
  }

  meta(changes: Partial<Meta>): MissionBuilder {
    return new MissionBuilder({ ...this.#meta, ...changes }, this.#spec, this.#status);
  }

  status(status: MissionStatus | undefined): MissionBuilder {
    return new MissionBuilder(this.#meta, this.#spec, status);
  }

  /** The object as the API server hands it out, defaults filled in. */
  build(): Mission {
    return frozen({
      apiVersion: 'coditect.ai/v1alpha1',
      kind: 'Mission',
      metadata: metaOf(this.#meta),
      spec: MissionSpec.parse(this.#spec),
      ...(this.#status === undefined ? {} : { status: StatusSchema.parse(this.#status) }),
    });
  }
}
