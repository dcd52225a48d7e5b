// What a mission is told to be waiting for: each thing once, and in the words of its conditions.
import { expect, test } from 'vitest';
import type { MissionStatus } from '#api/v1alpha1/mission.ts';
import { aMission } from '#testing/builders/mission.ts';
import { explain } from './explain.ts';

type Condition = NonNullable<MissionStatus['conditions']>[number];
const condition = (type: string, status: Condition['status'], reason: string, message: string) => ({ type, status, reason, message, observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:00Z' }) as Condition;
const told = (...conditions: readonly Condition[]) => explain({ mission: aMission('m').status({ conditions: [...conditions] }).build(), tasks: [] }, undefined).map(({ reason, message }) => [reason, message]);

const cycle = 'tasks[1].dependsOn: cycle a -> b -> a';
const cases: Record<string, { conditions: readonly Condition[]; want: readonly (readonly string[])[] }> = {
  'a mission that is refused tells why once': { conditions: [condition('Accepted', 'False', 'InvalidGraph', cycle), condition('Succeeded', 'False', 'InvalidGraph', cycle)], want: [['InvalidGraph', cycle]] },
  'an edit that is refused is told beside what goes on': { conditions: [condition('Accepted', 'False', 'StartedTaskChanged', 'task a has started'), condition('Succeeded', 'Unknown', 'Running', '1 of 2 tasks done')], want: [['Running', '1 of 2 tasks done'], ['StartedTaskChanged', 'task a has started']] },
  'a mission that nobody has looked at says so': { conditions: [], want: [['Pending', 'The operator has not looked at this mission yet.']] },
};
test.each(Object.entries(cases))('%s', (_, { conditions, want }) => expect(told(...conditions)).toEqual(want));
