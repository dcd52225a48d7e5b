// All situations of all kinds.
import { missionSituations } from './missions.ts';
import { poolSituations } from './pools.ts';
import { approvalSituations, planSituations } from './records.ts';
import type { Situation, Situations } from './situation.ts';
import { taskSituations } from './tasks.ts';

export const situations = { Mission: missionSituations, Task: taskSituations, AgentPool: poolSituations, Plan: planSituations, Approval: approvalSituations } as const satisfies Record<string, Situations>;

/** One row: kind, name, situation. */
export type Row = readonly [kind: keyof typeof situations, name: string, situation: Situation];

/** Every situation, as rows. */
export const rows: readonly Row[] = Object.entries(situations).flatMap(([kind, all]) => Object.entries(all).map(([name, situation]): Row => [kind as Row[0], name, situation]));
