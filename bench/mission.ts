// Missions for benches, and waiting for their end. Through our own client: a kubectl per look would be the larger part of the load.
import { agentPools, missions } from '#api/v1alpha1/kinds.ts';
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { eventually, type World } from '#testing/world.ts';

/** A mission of independent short tasks that touch no files. */
export function shortTasks(namespace: string, name: string, count: number): NewObject {
  const tasks = Array.from({ length: count }, (_, index) => ({ name: `t${index}`, type: 'Analyzer', intent: { action: 'WriteReport', params: { title: 'nothing' } }, retryPolicy: { limit: 0 } }));
  return { apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: { name, namespace }, spec: { goal: 'nothing', tasks } };
}

/** Creates a mission. */
export async function create({ client }: World, mission: NewObject): Promise<void> {
  await client.create<Mission>(missions, mission);
}

/** Resolves when the mission has succeeded; rejects when it ended otherwise, or was refused. */
export async function ended({ client }: World, namespace: string, name: string, seconds: number): Promise<Mission> {
  const mission = await eventually(`mission ${name} ends`, seconds, async () => {
    const found = await client.get<Mission>(missions, { namespace, name });
    const refused = conditionOf(found, 'Accepted');
    if (refused?.status === 'False') throw new Error(`mission ${name} was refused: ${refused.message}`);
    return found?.status?.completionTime === undefined ? undefined : found;
  });
  const succeeded = conditionOf(mission, 'Succeeded');
  if (succeeded?.status !== 'True') throw new Error(`mission ${name} ended badly: ${succeeded?.message ?? 'no condition'}`);
  return mission;
}

function conditionOf(mission: Mission | undefined, type: string) {
  return mission?.status?.conditions?.find((condition) => condition.type === type);
}

/** Resolves when this many agents of the pool `crew` are connected. */
export async function agentsReady({ client }: World, namespace: string, count: number): Promise<void> {
  await eventually(`${count} agents are connected`, 120, async () => (await client.get<AgentPool>(agentPools, { namespace, name: 'crew' }))?.status?.readyReplicas === count);
}
