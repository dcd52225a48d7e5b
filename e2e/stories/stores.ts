// The stores of the mirror are killed, frozen and emptied while missions run: the missions do not notice, and afterwards the stores hold what is true.
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import type { RunningService } from '#devcluster/services/index.ts';
import { ask } from '#devcluster/services/redis/talk.ts';
import type { Truth } from '#mirror/ports.ts';
import { noWorldMetrics } from '#mirror/world/metrics.ts';
import { addressOf } from '#mirror/world/wiring.ts';
import { openWorld } from '#mirror/world/world.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { openRedis } from '#platform/redis/client.ts';
import type { Redis } from '#platform/redis/types.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { eventually, type World } from '#testing/world.ts';
import { aMission, runCommand } from '../mission.ts';
import { must, type Story, type StoryWorld } from '../story.ts';
import { filesTold, logOf, objectsIn, settled } from './events.ts';

const names = ['first', 'second', 'third'] as const;
const steps = ['begin', 'middle', 'further', 'end'];
const work = steps.map((name, index) => ({ name, type: 'Tester', intent: runCommand('sh', '-c', `sleep 2 && echo ${name} > ${name}.txt`), ...(index === 0 ? {} : { dependsOn: [steps[index - 1]] }) }));

export const lostStoresStory: Story = {
  name: 'log and Redis killed, frozen and emptied while missions run: all succeed, and afterwards log and world say what the API server says',
  limitSeconds: 300,
  skip: ({ events, redis }: StoryWorld) => (events === undefined || redis === undefined ? 'the NATS server or Redis cannot be had here' : undefined),
  async run(world) {
    const namespace = await world.namespace('lost-stores');
    const [log, redis] = [logOf(world), redisOf(world)];
    await world.apply(...names.map((name) => aMission(namespace, name, work)));
    await eventually('a task has ended', 60, async () => (await objectsIn(world, namespace)).tasks.some(({ status }) => status?.outcome !== undefined));
    const harmed = await harm(log.nats, redis);
    const { missions, tasks } = await allEnded(world, namespace);
    const told = await settled(world, log, namespace);
    await filesTold(log, namespace, tasks);
    await worldsAgree(world, redis, namespace);
    return `${harmed}; then ${missions.length} missions succeeded, ${new Set(told.map(({ id }) => id)).size} events of them are in the log, and Redis holds their ${tasks.length} tasks`;
  },
};

function redisOf({ redis }: StoryWorld): RunningService {
  must(redis !== undefined, 'there is no Redis');
  return redis;
}

/** Both are away together for a while, and each in its own way. */
async function harm(nats: RunningService, redis: RunningService): Promise<string> {
  await redis.pause(0);
  await nats.kill(0);
  await sleep(2500);
  await redis.resume(0);
  await redis.kill(0);
  await nats.start(0);
  await sleep(1000);
  await redis.start(0);
  await nats.pause(0);
  await ask({ port: Number(redis.servers[0]?.split(':')[1]), ca: readFileSync(redis.files.ca ?? '', 'utf8'), user: redis.admin?.user ?? '', password: redis.admin?.password ?? '' }, 'FLUSHALL');
  await sleep(1000);
  await nats.resume(0);
  return 'the log killed once and frozen once, Redis frozen, killed and emptied';
}

async function allEnded(world: World, namespace: string): ReturnType<typeof objectsIn> {
  const objects = await eventually('all missions end', 120, async () => {
    const found = await objectsIn(world, namespace);
    return found.missions.length === names.length && found.missions.every(({ status }) => status?.completionTime !== undefined) ? found : undefined;
  });
  const failed = objects.missions.filter(({ status }) => status?.conditions?.find(({ type }) => type === 'Succeeded')?.status !== 'True');
  must(failed.length === 0, `missions failed while stores were away: ${failed.map(({ metadata }) => metadata.name).join(', ')}`);
  return objects;
}

// Neither memory nor an API server: what is read comes from Redis alone.
const blind: Truth = { missions: () => [], tasksOf: () => [], pools: () => [], isKnown: () => false };

async function worldsAgree(world: World, redis: RunningService, namespace: string): Promise<void> {
  const client = clientOf(redis);
  let wrong = '';
  try {
    // The mirror looks every minute when nothing tells it that Redis was emptied.
    await eventually(() => `Redis holds the worlds: ${wrong}`, 90, async () => (wrong = await wrongWorld(world, client, namespace)) === '');
  } finally {
    await client.close();
  }
}

async function wrongWorld(world: World, redis: Redis, namespace: string): Promise<string> {
  const { missions, tasks } = await objectsIn(world, namespace);
  const reader = openWorld({ redis, truth: blind, metrics: noWorldMetrics, clock: systemClock, log: silentLog });
  const found = await reader.snapshots(missions.map(({ metadata }) => ({ tenant: namespace, uid: metadata.uid })));
  await reader.close();
  const versions = new Map(found.flatMap((fresh) => fresh?.value.tasks ?? []).map(({ uid, resourceVersion }) => [uid, resourceVersion]));
  const files = new Set(found.flatMap((fresh) => fresh?.value.files ?? []).map(({ task }) => task));
  const old = tasks.find(({ metadata }) => versions.get(metadata.uid) !== metadata.resourceVersion);
  const bare = tasks.find(({ metadata }) => !files.has(metadata.uid));
  if (old !== undefined) return `task ${old.metadata.name} is at version ${versions.get(old.metadata.uid)} instead of ${old.metadata.resourceVersion}`;
  return bare === undefined ? '' : `the files of task ${bare.metadata.name} are not there`;
}

function clientOf({ servers, files }: RunningService): Redis {
  const { ca: caFile, certificate: certificateFile, key: keyFile, user: userFile, password: passwordFile } = files;
  return openRedis({ clock: systemClock, random: systemRandom, log: silentLog, insecure: false, commandTimeoutMs: 5000, connectTimeoutMs: 5000, addresses: servers.map(addressOf), kind: 'single', files: { caFile, certificateFile, keyFile, userFile, passwordFile } });
}
