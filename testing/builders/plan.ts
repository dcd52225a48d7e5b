// Plans in the words of a test: what a planner answered to the question of a mission.
import type { z } from 'zod';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { type Plan, PlanSpec } from '#api/v1alpha1/plan.ts';
import { questionDigest } from '#domain/plan/question.ts';
import { frozen } from './frozen.ts';
import { metaOf } from './meta.ts';

type SpecInput = z.input<typeof PlanSpec>;

/** An accepted plan of revision 1, without tasks. */
export function aPlan(mission: Mission): PlanBuilder {
  return new PlanBuilder(mission, {});
}

export class PlanBuilder {
  readonly #mission: Mission;
  readonly #spec: Partial<SpecInput>;

  constructor(mission: Mission, spec: Partial<SpecInput>) {
    this.#mission = mission;
    this.#spec = spec;
  }

  /** Adds a task: an Analyzer that measures code, after some others. */
  withTask(name: string, ...dependsOn: readonly string[]): PlanBuilder {
    return this.spec({ tasks: [...(this.#spec.tasks ?? []), { name, type: 'Analyzer', intent: { action: 'AnalyzeCode' }, dependsOn: [...dependsOn] }] });
  }

  rejected(...faults: readonly string[]): PlanBuilder {
    return this.spec({ verdict: 'Rejected', faults: [...faults], rounds: 3 });
  }

  spec(changes: Partial<SpecInput>): PlanBuilder {
    return new PlanBuilder(this.#mission, { ...this.#spec, ...changes });
  }

  /** The object as the API server hands it out, defaults filled in. */
  build(): Plan {
    const { metadata, spec } = this.#mission;
    const revision = this.#spec.revision ?? 1;
    return frozen({
      apiVersion: 'coditect.ai/v1alpha1',
      kind: 'Plan',
      metadata: metaOf({ name: `${metadata.name}-plan-${revision}`, namespace: metadata.namespace }),
      spec: PlanSpec.parse({
        missionRef: { name: metadata.name, uid: metadata.uid },
        revision,
        requestDigest: questionDigest(spec),
        verdict: 'Accepted',
        model: 'a-model',
        promptVersion: 'v1',
        rounds: 1,
        usage: { inputTokens: 100, outputTokens: 50, costUsd: '0.01' },
        plannedTime: '2026-01-01T00:00:00Z',
        ...this.#spec,
      }),
    });
  }
}
