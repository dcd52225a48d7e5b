// Makes a Plan object of what a planner answered, before anything of it is acted on.
import { labels } from '#api/labels.ts';
import { plans } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan, PlanSpec } from '#api/v1alpha1/plan.ts';
import { planObjectName } from '#domain/plan/names.ts';
import type { WriteGate } from '#platform/kube/gate-port.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { gateOwner } from './act.ts';

/** What a planner answered. */
export type Answer = Omit<PlanSpec, 'missionRef' | 'revision'>;

/** Where plans are kept. */
export interface PlanShelf {
  createIfAbsent(plan: NewObject): Promise<{ readonly object: Plan }>;
  /** Plans of a mission, all questions. */
  plansOf(missionUid: string): readonly Plan[];
  readonly gate: Pick<WriteGate, 'expect'>;
}

/** Keeps the answer to what `mission` asked. The name tells mission and question: after a lost reply the same object is found. */
export async function keepPlan(mission: Mission, answer: Answer, shelf: PlanShelf): Promise<void> {
  const { apiVersion, kind, metadata } = mission;
  const { uid, name, namespace } = metadata;
  const revision = 1 + Math.max(0, ...shelf.plansOf(uid).map((plan) => plan.spec.revision));
  const { object } = await shelf.createIfAbsent({
    apiVersion: 'coditect.ai/v1alpha1',
    kind: plans.kind,
    metadata: {
      name: planObjectName({ missionName: name, missionUid: uid, requestDigest: answer.requestDigest }),
      namespace,
      labels: { [labels.mission]: uid },
      ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: false }],
    },
    spec: { missionRef: { name, uid }, revision, ...answer } satisfies PlanSpec,
  });
  shelf.gate.expect(gateOwner(mission), plans.plural, object.metadata, object.metadata);
}
