// What the mirror tells is what the API server had: read back from the log by a reader of its own, folded, and compared.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type CloudEvent, nameOf } from '#api/events/envelope.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { patched } from '#domain/replay/merge-patch.ts';
import { systemClock } from '#platform/clock.ts';
import { systemRandom } from '#platform/ids.ts';
import { linkNats } from '#platform/nats/connect.ts';
import { createReader } from '#platform/nats/reader.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { aMission, runCommand } from '../mission.ts';
import { must, type Story, type StoryWorld } from '../story.ts';
import type { EventLog } from '#testing/world-stores.ts';
import { eventually, images, objectsOf, root, systemNamespace, type World } from '#testing/world.ts';

const noLog = (world: StoryWorld) => (world.events === undefined ? 'there is no event log here: the NATS server could not be built' : undefined);

export const eventsStory: Story = {
  name: 'the events of a mission are in the log once each, in order, and folding them gives the status that the API server has',
  limitSeconds: 150,
  skip: noLog,
  async run(world) {
    const namespace = 'told';
    await startDemo(world, namespace);
    await ended(world, namespace);
    const log = logOf(world);
    const told = await settled(world, log, namespace);
    const doubled = told.length - new Set(told.map(({ id }) => id)).size;
    must(doubled === 0, `${doubled} events are in the log twice although nothing failed`);
    inOrder(told);
    const { tasks } = await objectsIn(world, namespace);
    for (const { metadata } of tasks) for (const name of ['task.created', 'task.ended'] as const) must(told.some(({ type, subject }) => nameOf(type) === name && subject === `tasks/${metadata.name}`), `no ${name} was told of ${metadata.name}`);
    return `${told.length} events of 1 mission and ${tasks.length} tasks`;
  },
};

export const lostLogStory: Story = {
  name: 'the log killed -9 in mid-mission, then the mirror: the mission ends as ever, and afterwards nothing is missing in the log',
  limitSeconds: 240,
  skip: noLog,
  async run(world) {
    const namespace = await world.namespace('lost-log');
    const log = logOf(world);
    await world.apply(aMission(namespace, 'cut-off', work));
    await eventually('the first task runs', 60, async () => (await objectsIn(world, namespace)).tasks.some(({ status }) => status?.outcome !== undefined));
    await log.nats.kill(0);
    await sleep(1500);
    process.kill(await mirrorPid(world), 'SIGKILL');
    const began = performance.now();
    await ended(world, namespace);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    await log.nats.start(0);
    const told = await settled(world, log, namespace);
    const { tasks } = await objectsIn(world, namespace);
    for (const { metadata } of tasks) must(told.some(({ type, subject }) => nameOf(type) === 'task.ended' && subject === `tasks/${metadata.name}`), `the end of ${metadata.name} was never told`);
    await filesTold(log, namespace, tasks);
    const ids = new Set(told.map(({ id }) => id)).size;
    return `the mission ended ${seconds} s after the kills, without a log; then ${ids} different events in it, ${told.length - ids} told again by the same id`;
  },
};

/** Tasks in a row that leave a file each, so that agents have something to tell. */
const names = ['begin', 'second', 'third', 'fourth', 'fifth', 'end'];
const work = names.map((name, index) => ({ name, type: 'Tester', intent: runCommand('sh', '-c', `sleep 1 && echo ${name} > ${name}.txt`), ...(index === 0 ? {} : { dependsOn: [names[index - 1]] }) }));

/** The event log of a world that has one. */
export function logOf({ events }: StoryWorld): EventLog {
  must(events !== undefined, 'there is no event log');
  return events;
}

/** All events of a namespace that are in the log now, in the order in which they lie there. */
async function read({ access }: EventLog, tenant: string): Promise<readonly CloudEvent[]> {
  const link = linkNats({ ...access, name: 'coditect-e2e' }, { clock: systemClock, random: systemRandom, log: silentLog });
  const reader = createReader({ link, clock: systemClock, random: systemRandom, log: silentLog });
  const events: CloudEvent[] = [];
  const limit = AbortSignal.timeout(20_000);
  try {
    for await (const received of reader.upToNow({ stream: 'events', tenant, start: { kind: 'beginning' } }, limit)) {
      must(received.fault === undefined && received.gap === undefined, `a message cannot be read: ${received.fault ?? received.gap}`);
      must(received.tenant === tenant && received.events.every((event) => event.tenant === tenant), `a message of ${tenant} holds events of others`);
      events.push(...received.events);
    }
    must(!limit.aborted, `the log does not answer: ${link.fault() ?? 'it is connected, and says nothing'}`);
  } finally {
    await reader.close();
    await link.close();
  }
  return events;
}

/** Events of the namespace once what they tell is what the API server has. */
export async function settled(world: World, log: EventLog, namespace: string): Promise<readonly CloudEvent[]> {
  let difference = 'nothing was read';
  return eventually(() => `the log tells what the API server has: ${difference}`, 60, async () => {
    const events = await read(log, namespace);
    const { missions, tasks } = await objectsIn(world, namespace);
    const statuses = folded(events);
    const wrong = [...missions, ...tasks].find(({ metadata, status }) => !isDeepStrictEqual(statuses.get(metadata.uid), status as unknown));
    difference = wrong === undefined ? '' : `${wrong.metadata.name} is at version ${wrong.metadata.resourceVersion}; told are ${events.filter(({ id }) => id.startsWith(wrong.metadata.uid)).map(({ id }) => id.slice(wrong.metadata.uid.length + 1)).join(' ')}`;
    return wrong === undefined ? events : undefined;
  });
}

/** Status by uid: what a reader has who drops ids that it has seen. */
function folded(events: readonly CloudEvent[]): ReadonlyMap<string, JsonObject | undefined> {
  const seen = new Set<string>();
  const known = new Map<string, { readonly version: string; readonly status: JsonObject | undefined }>();
  for (const { id, data } of events) {
    if (seen.has(id) || !('facts' in data)) continue;
    seen.add(id);
    const { uid, resourceVersion: version, base, status } = data;
    const before = known.get(uid);
    if (base === undefined) known.set(uid, { version, status });
    else if (before?.version === base) known.set(uid, { version, status: status === undefined ? before.status : patched(before.status, status) });
  }
  return new Map([...known].map(([uid, { status }]) => [uid, status]));
}

/** Versions of an object only grow, and each patch builds on the version before it. */
function inOrder(events: readonly CloudEvent[]): void {
  const last = new Map<string, string>();
  for (const { id, data } of events) {
    if (!('facts' in data)) continue;
    const { uid, resourceVersion, base } = data;
    must(Number(last.get(uid) ?? 0) <= Number(resourceVersion), `${id} was told after version ${last.get(uid)}`);
    must(base === undefined || base === last.get(uid), `${id} changes version ${base}, but the last one told is ${last.get(uid)}`);
    last.set(uid, resourceVersion);
  }
}

/** What agents told outlives the mirror too: each task that changed files has its event, at the latest when its agent has tried again. */
export async function filesTold(log: EventLog, namespace: string, tasks: readonly Task[]): Promise<void> {
  const idle = tasks.find(({ status }) => status?.workspace?.treeBefore === status?.workspace?.treeAfter);
  must(idle === undefined, `${idle?.metadata.name} changed no file, though it was to`);
  let missing: Task | undefined;
  await eventually(() => `the agent's word about the files of ${missing?.metadata.name} is in the log`, 60, async () => {
    const events = await read(log, namespace);
    const trees = new Set(events.flatMap(({ data }) => ('treeAfter' in data ? [`${data.taskUid} ${data.treeAfter}`] : [])));
    missing = tasks.find(({ metadata, status }) => !trees.has(`${metadata.uid} ${status?.workspace?.treeAfter}`));
    return missing === undefined;
  });
}

/** Missions and tasks of a namespace now. */
export async function objectsIn(world: World, namespace: string): Promise<{ readonly missions: readonly Mission[]; readonly tasks: readonly Task[] }> {
  const list = async <T>(plural: string) => (JSON.parse(await world.kubectl('get', `${plural}.coditect.ai`, '-n', namespace, '-o', 'json')) as { items: T[] }).items;
  const [missions, tasks] = await Promise.all([list<Mission>('missions'), list<Task>('tasks')]);
  return { missions, tasks };
}

/** Waits until the only mission of the namespace has succeeded. */
async function ended(world: World, namespace: string): Promise<void> {
  const { missions: [mission], tasks } = await eventually(`the mission in ${namespace} ends`, 120, async () => {
    const objects = await objectsIn(world, namespace);
    return objects.missions[0]?.status?.completionTime === undefined ? undefined : objects;
  });
  const condition = mission?.status?.conditions?.find(({ type }) => type === 'Succeeded');
  const outcomes = tasks.map(({ metadata, status }) => `${metadata.name} ${status?.outcome?.result}: ${status?.outcome?.message}`);
  must(condition?.status === 'True', `the mission ended as ${condition?.reason}: ${condition?.message}; ${outcomes.join('; ')}`);
}

async function startDemo(world: World, namespace: string): Promise<void> {
  await world.namespace(namespace);
  const [pool] = (await objectsOf(join(root, 'config', 'samples', 'pool.yaml'))) as unknown as { spec: { template: object } }[];
  const [mission] = (await objectsOf(join(root, 'config', 'samples', 'demo-mission.yaml'))) as unknown as { metadata: object; spec: { workspace: { git: object } } }[];
  must(pool !== undefined && mission !== undefined, 'config/samples holds no pool or no demo mission');
  await world.apply({ ...pool, metadata: { name: 'crew', namespace }, spec: { ...pool.spec, template: { ...pool.spec.template, image: images.agent } } });
  await world.apply({ ...mission, metadata: { ...mission.metadata, namespace }, spec: { ...mission.spec, workspace: { git: { ...mission.spec.workspace.git, url: world.gitUrl } } } });
}

/** Pid of the mirror: the process node's container ids are `process://<pid>-<start>`. */
async function mirrorPid(world: World): Promise<number> {
  const id = await world.kubectl('get', 'pods', '-n', systemNamespace, '-l', 'app.kubernetes.io/component=mirror', '-o', 'jsonpath={.items[0].status.containerStatuses[0].containerID}');
  const pid = Number(/^process:\/\/(\d+)-/.exec(id)?.[1]);
  must(Number.isInteger(pid) && (await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('mirror'), `the mirror's process is not known: ${id}`);
  return pid;
}
