// The mission of the samples, on its pool, against a real repository.
import { join } from 'node:path';
import { must, type Story } from '../story.ts';
import { eventually, images, objectsOf, root, type World } from '#testing/world.ts';

interface MissionObject {
  metadata: { namespace?: string; creationTimestamp?: string };
  spec: { workspace: { git: { url: string } } };
  status?: { completionTime?: string; goals?: { name: string; state: string }[]; conditions?: { type: string; status: string; reason: string; message: string }[] };
}

export const demoMissionStory: Story = {
  name: 'the demo mission succeeds with all goals met within 30 s of its creation',
  limitSeconds: 150,
  async run(world) {
    const namespace = 'demo-mission';
    await startPool(world, namespace);
    const [mission] = (await objectsOf(join(root, 'config', 'samples', 'demo-mission.yaml'))) as unknown as MissionObject[];
    must(mission !== undefined, 'config/samples/demo-mission.yaml holds no object');
    mission.metadata.namespace = namespace;
    mission.spec.workspace.git.url = world.gitUrl;
    await world.apply(mission);
    const name = await missionName(world, namespace);
    const done = await eventually('the demo mission ends', 60, async () => {
      const object = JSON.parse(await world.kubectl('get', name, '-n', namespace, '-o', 'json')) as MissionObject;
      return object.status?.completionTime === undefined ? undefined : object;
    });
    allMet(done);
    const seconds = (Date.parse(done.status?.completionTime ?? '') - Date.parse(done.metadata.creationTimestamp ?? '')) / 1000;
    must(seconds <= 30, `the mission took ${seconds} s`);
    return `${seconds} s from creation to Succeeded`;
  },
};

function allMet({ status }: MissionObject): void {
  const succeeded = status?.conditions?.find(({ type }) => type === 'Succeeded');
  must(succeeded?.status === 'True', `the mission ended as ${succeeded?.reason}: ${succeeded?.message}`);
  const unmet = (status?.goals ?? []).filter(({ state }) => state !== 'Met');
  must(unmet.length === 0, `goals not met: ${unmet.map((goal) => goal.name).join(', ')}`);
}

async function startPool(world: World, namespace: string): Promise<void> {
  const [pool] = (await objectsOf(join(root, 'config', 'samples', 'pool.yaml'))) as unknown as { metadata: { namespace?: string }; spec: { template: { image: string } } }[];
  must(pool !== undefined, 'config/samples/pool.yaml holds no object');
  pool.metadata.namespace = namespace;
  pool.spec.template.image = images.agent;
  await world.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, pool);
  await world.kubectl('wait', '--for=condition=Ready', 'agentpools.coditect.ai', '--all', '-n', namespace, '--timeout=60s');
}

async function missionName(world: World, namespace: string): Promise<string> {
  return (await world.kubectl('get', 'missions.coditect.ai', '-n', namespace, '-o', 'name')).trim();
}
