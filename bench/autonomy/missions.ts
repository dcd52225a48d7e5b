// From a mission of the corpus to a Mission object: a goal in words, a planner, and a proof by somebody else over tests that nobody may bend.
import type { CorpusMission } from '#bench/cost/corpus/missions.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { markOf } from './front.ts';

/** One run of a mission of the corpus. */
export interface Run {
  /** Name of the Mission object and of its branch. */
  readonly name: string;
  readonly mission: CorpusMission;
}

/** Longest time of one run, in seconds. */
export const longestSeconds = 120;

/** The Mission object of a run. Its goal carries a mark, by which its calls of models are known. */
export function objectOf({ name, mission }: Run, namespace: string, url: string): NewObject {
  return {
    apiVersion: 'coditect.ai/v1alpha1',
    kind: 'Mission',
    metadata: { name, namespace },
    spec: {
      goal: `${mission.goal} ${markOf(name)}`,
      planner: { instructions: 'Let one task, named mend, write the code. Leave the tests as they are.' },
      failurePolicy: 'Replan',
      budget: { maxCostUsd: '5.00' },
      activeDeadlineSeconds: longestSeconds,
      workspace: { git: { url, ref: name, subPath: mission.name } },
      goals: [
        {
          name: 'proven',
          description: 'The code is mended, as an agent finds that did not write it.',
          check: { command: { command: ['node', '--test'], from: 'mend', protect: ['test', 'package.json'], timeoutSeconds: 60 } },
        },
      ],
    },
  };
}

/** What the pool of a lane is: whoever proves a goal is another agent than who worked for it, so there are two at least. */
export const crewOfLane = { agentTypes: ['Coder', 'Tester'], slotsPerAgent: 3, scaling: { minReplicas: 2, maxReplicas: 3 } };

/** Agents that a lane needs before it begins. */
export const agentsOfLane = 2;
