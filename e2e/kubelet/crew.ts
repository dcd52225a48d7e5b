// The pools of these stories, as small as the one machine under the node wants them, each in a namespace that goes with its story.
import { images } from '#testing/world.ts';
import type { KubeletWorld } from './world.ts';

const template = { image: images.agent, resources: { cpu: '100m', memory: '512Mi' } };

/** Spec of a pool of up to `maxReplicas` agents, none of which waits for work; `idleSeconds` until one goes. */
export function smallCrew({ maxReplicas = 2, slotsPerAgent = 4, idleSeconds = 60 }: { readonly maxReplicas?: number; readonly slotsPerAgent?: number; readonly idleSeconds?: number } = {}): object {
  return { template, slotsPerAgent, scaling: { minReplicas: 0, maxReplicas, warm: 0, idleSeconds } };
}

/** Makes a namespace with a pool, works in it and deletes it, which must not hang. */
export async function withCrew<T>(world: KubeletWorld, name: string, pool: object, work: (namespace: string) => Promise<T>): Promise<T> {
  const namespace = await world.namespace(name, pool);
  const deletion = ['delete', 'namespace', namespace, '--timeout=120s'];
  const done = await work(namespace).catch(async (error: unknown) => {
    // Its agents would be in the way of the next story.
    await world.tryKubectl(deletion);
    throw error;
  });
  await world.kubectl(...deletion);
  return done;
}
