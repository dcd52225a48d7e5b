// Missions for benches, and waiting for their end.
import { eventually, type World } from '#testing/world.ts';

export interface EndedMission {
  readonly metadata: { readonly creationTimestamp: string; readonly uid: string };
  readonly status: { readonly completionTime: string; readonly conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[] };
}

/** A mission of independent short tasks that touch no files. */
export function shortTasks(namespace: string, name: string, count: number): object {
  const tasks = Array.from({ length: count }, (_, index) => ({ name: `t${index}`, type: 'Analyzer', intent: { action: 'WriteReport', params: { title: 'nothing' } }, retryPolicy: { limit: 0 } }));
  return { apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: { name, namespace }, spec: { goal: 'nothing', tasks } };
}

/** Resolves when the mission has succeeded; rejects when it ended otherwise. */
export async function ended(world: World, namespace: string, name: string, seconds: number): Promise<EndedMission> {
  const mission = await eventually(`mission ${name} ends`, seconds, async () => {
    const object = JSON.parse(await world.kubectl('get', `missions.coditect.ai/${name}`, '-n', namespace, '-o', 'json')) as Partial<EndedMission>;
    return object.status?.completionTime === undefined ? undefined : (object as EndedMission);
  });
  const succeeded = mission.status.conditions.find(({ type }) => type === 'Succeeded');
  if (succeeded?.status !== 'True') throw new Error(`mission ${name} ended badly: ${succeeded?.message ?? 'no condition'}`);
  return mission;
}

/** Resolves when this many agents of the pool `crew` are connected. */
export async function agentsReady(world: World, namespace: string, count: number): Promise<void> {
  await eventually(`${count} agents are connected`, 120, async () => (await world.kubectl('get', 'agentpools.coditect.ai/crew', '-n', namespace, '-o', 'jsonpath={.status.readyReplicas}')).trim() === String(count));
}
