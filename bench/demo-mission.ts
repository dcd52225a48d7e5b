// How long the mission of the samples takes from creation to Succeeded.
import { join } from 'node:path';
import { objectsOf, root, type World } from '#testing/world.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { agentsReady, create, ended } from './mission.ts';
import type { BenchRow } from './row.ts';

/** Seconds from creation to completion, as the API server's times say. */
export async function benchDemoMission(world: World): Promise<BenchRow[]> {
  const namespace = await world.namespace('bench-demo', { agentTypes: ['Analyzer', 'Coder', 'Tester'], slotsPerAgent: 2, scaling: { minReplicas: 2, maxReplicas: 4 } });
  await agentsReady(world, namespace, 2);
  const [mission] = (await objectsOf(join(root, 'config', 'samples', 'demo-mission.yaml'))) as unknown as { apiVersion: string; kind: string; metadata: { name: string; namespace?: string }; spec: { workspace: { git: { url: string } } } }[];
  if (mission === undefined) throw new Error('config/samples/demo-mission.yaml holds no object');
  mission.metadata.namespace = namespace;
  mission.spec.workspace.git.url = world.gitUrl;
  const began = performance.now();
  await create(world, mission as unknown as NewObject);
  await ended(world, namespace, mission.metadata.name, 120);
  const seconds = (performance.now() - began) / 1000;
  return [{ id: 'demo_mission_s', value: seconds, unit: 's', floor: 0, ratio: 0, command: 'make bench' }];
}
