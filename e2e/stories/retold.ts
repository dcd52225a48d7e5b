// Every mission of the run, told once more: what people get from `kubectl mission replay` and `world` is what the API server has.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import type { CloudEvent } from '#api/events/envelope.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { World as WorldPicture } from '#api/world.ts';
import { Fold } from '#domain/replay/fold.ts';
import { inNamespace } from '#cli/demo/repository.ts';
import { eventually, objectsOf, root } from '#testing/world.ts';
import { must, type Story, type StoryWorld } from '../story.ts';

const run = promisify(execFile);
/** Each one is a process of its own with a tunnel through the API server. */
const askedAtOnce = 3;

/** Meant to be the last: it looks at whatever the others left. */
export const retoldStory: Story = {
  name: 'every mission of this run, replayed, has the status that the API server has, and the world knows its tasks',
  limitSeconds: 300,
  skip: (world) => (world.events === undefined ? 'there is no event log here: the NATS server could not be built' : undefined),
  async run(world) {
    const missions = await everything<Mission>(world, 'missions');
    must(missions.length > 0, 'no other story left a mission; run them all');
    const access = await objectsOf(join(root, 'config', 'samples', '02-access.yaml'));
    await world.apply(...[...new Set(missions.map(({ metadata }) => metadata.namespace))].flatMap((namespace) => access.map((object) => inNamespace(object, namespace))));
    const left = missions[Symbol.iterator]();
    const counts = { events: 0, tasks: 0 };
    const work = async (): Promise<void> => {
      for (const mission of left) {
        const { events, tasks } = await retold(world, mission);
        counts.events += events;
        counts.tasks += tasks;
      }
    };
    await Promise.all(Array.from({ length: askedAtOnce }, work));
    return `${missions.length} missions with ${counts.tasks} tasks, ${counts.events} events`;
  },
};

/** The mission as it is told, once that is what the API server has: one that is not over yet may be a step ahead. */
async function retold(world: StoryWorld, { metadata: { namespace, name, uid } }: Mission): Promise<{ readonly events: number; readonly tasks: number }> {
  let difference = 'nothing was told';
  return eventually(() => `mission ${namespace}/${name} is told as it is: ${difference}`, 90, async () => {
    let told: readonly CloudEvent[];
    let picture: WorldPicture;
    try {
      told = (await asUser(world, ['replay', name, '-n', namespace, '--json'])).split('\n').filter((text) => text !== '').map((text) => JSON.parse(text) as CloudEvent);
      picture = JSON.parse(await asUser(world, ['world', name, '-n', namespace, '-o', 'json'])) as WorldPicture;
    } catch (error) {
      // The story before stopped the API server for longer than a Lease lasts: the mirror is started anew, as its page says.
      difference = String(error);
      return undefined;
    }
    const [mission] = (await everything<Mission>(world, 'missions')).filter(({ metadata }) => metadata.uid === uid);
    const tasks = (await everything<Task>(world, 'tasks')).filter(({ spec }) => spec.missionRef?.uid === uid);
    // Deleted by its own story meanwhile.
    if (mission === undefined) return { events: 0, tasks: 0 };
    difference = differenceOf([mission, ...tasks], told) ?? worldDifference(mission, tasks, picture) ?? '';
    return difference === '' ? { events: told.length, tasks: tasks.length } : undefined;
  });
}

function differenceOf(objects: readonly (Mission | Task)[], told: readonly CloudEvent[]): string | undefined {
  const fold = new Fold();
  for (const event of told) fold.apply(event);
  const { missions, tasks } = fold.picture();
  const wrong = objects.find(({ metadata, status }) => !isDeepStrictEqual((missions.get(metadata.uid) ?? tasks.get(metadata.uid))?.status, status));
  return wrong === undefined ? undefined : `the status of ${wrong.metadata.name} is another one at version ${wrong.metadata.resourceVersion}`;
}

function worldDifference({ status }: Mission, tasks: readonly Task[], { mission, tasks: known }: WorldPicture): string | undefined {
  const reason = status?.conditions?.find(({ type }) => type === 'Succeeded')?.reason ?? '';
  if (mission?.facts.state !== reason) return `the world has it as "${mission?.facts.state}", not as "${reason}"`;
  const results = new Map(known.map(({ uid, facts }) => [uid, facts.result]));
  const wrong = tasks.find(({ metadata, status: own }) => results.get(metadata.uid) !== own?.outcome?.result);
  return wrong === undefined ? undefined : `the world has task ${wrong.metadata.name} as ${results.get(wrong.metadata.uid)}`;
}

async function everything<T>(world: StoryWorld, plural: string): Promise<readonly T[]> {
  return (JSON.parse(await world.kubectl('get', `${plural}.coditect.ai`, '-A', '-o', 'json')) as { items: T[] }).items;
}

async function asUser({ cluster }: StoryWorld, words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(root, 'dist', 'kubectl-mission.js'), ...words], { env: { ...process.env, KUBECONFIG: cluster.kubeconfig }, maxBuffer: 256 * 1024 * 1024 });
  return stdout;
}
