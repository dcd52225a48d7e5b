import { expect, test } from 'vitest';
import type { Plan } from '#api/v1alpha1/plan.ts';
import { questionDigest } from '#domain/plan/question.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aPlan } from '#testing/builders/plan.ts';
import { keepPlan } from './keep-plan.ts';

const mission = aMission().spec({ planner: { maxTasks: 20 } }).build();
const { missionRef: _, revision: __, ...answer } = aPlan(mission).withTask('survey').build().spec;

/** Keeps the answer beside these plans; what was asked of the cluster. */
async function keep(existing: readonly Plan[], found?: Plan) {
  const created: NewObject[] = [];
  const expected: string[] = [];
  await keepPlan(mission, answer, {
    createIfAbsent: async (plan) => (created.push(plan), { object: found ?? ({ ...plan, metadata: { ...plan.metadata, uid: 'u', resourceVersion: '7' } } as unknown as Plan) }),
    plansOf: () => existing,
    gate: { expect: (owner, plural, _key, { resourceVersion }) => void expected.push(`${owner} ${plural} ${resourceVersion}`) },
  });
  return { plan: created[0], expected };
}

test('a plan is an object of its mission, found by its question', async () => {
  const { plan, expected } = await keep([]);
  expect(plan).toMatchObject({
    kind: 'Plan',
    metadata: { namespace: 'team-a', labels: { 'coditect.ai/mission': mission.metadata.uid }, ownerReferences: [{ kind: 'Mission', name: 'm', uid: mission.metadata.uid, controller: true }] },
    spec: { ...answer, revision: 1, requestDigest: questionDigest(mission.spec), missionRef: { name: 'm', uid: mission.metadata.uid } },
  });
  expect(expected).toEqual(['Mission/team-a/m plans 7']);
});

test('the same question has the same name, whatever revision it would be', async () => {
  const [first, second] = [await keep([]), await keep([aPlan(mission).spec({ revision: 4, requestDigest: '0'.repeat(64) }).build()])];
  expect(second.plan?.metadata.name).toBe(first.plan?.metadata.name);
  expect(second.plan?.['spec']).toMatchObject({ revision: 5 });
});

test('one that was kept before is waited for all the same', async () => {
  const found = aPlan(mission).build();
  expect((await keep([], found)).expected).toEqual([`Mission/team-a/m plans ${found.metadata.resourceVersion}`]);
});
