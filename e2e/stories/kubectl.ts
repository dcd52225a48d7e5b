// kubectl alone must be enough: apply, get, describe, explain, wait, delete.
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { aMission, runCommand } from '../mission.ts';
import { must, type Story } from '../story.ts';
import { eventually, type World } from '#testing/world.ts';

/** A mission of two quick tasks and one slow one. */
function simple(namespace: string, name: string, slowSeconds = 0): object {
  const first = { name: 'first', type: 'Tester', intent: runCommand('git', '--version') };
  const second = { name: 'second', type: 'Tester', intent: runCommand('sleep', String(slowSeconds)), dependsOn: ['first'] };
  return aMission(namespace, name, [first, second], 'tasks["first"].observed.exitCode == 0 && tasks["second"].observed.exitCode == 0');
}

/** Applying the same file twice changes nothing; get, describe, explain and wait tell the story. */
export const kubectlStory: Story = {
  name: 'kubectl is enough: apply twice is a no-op, get and describe tell the story, wait returns',
  limitSeconds: 120,
  async run(world) {
    const namespace = await world.namespace('by-kubectl');
    await world.apply(simple(namespace, 'simple'));
    await world.kubectl('wait', '--for=condition=Succeeded', 'missions.coditect.ai/simple', '-n', namespace, '--timeout=60s');
    const version = () => world.kubectl('get', 'missions.coditect.ai/simple', '-n', namespace, '-o', 'jsonpath={.metadata.resourceVersion}');
    const before = await version();
    await world.apply(simple(namespace, 'simple'));
    must((await version()) === before, 'applying the same file again changed the object');
    await sleep(1500);
    const writes = (await world.audit()).filter(({ verb, objectRef, requestReceivedTimestamp }) => isWrite(verb) && objectRef?.namespace === namespace && objectRef.apiGroup === 'coditect.ai' && objectRef.resource !== 'agentpools' && Date.parse(requestReceivedTimestamp) > Date.now() - 1400);
    must(writes.length === 0, `a finished mission is still written: ${writes.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}/${objectRef?.name}`).join(', ')}`);
    const table = await world.kubectl('get', 'msn,tasks.coditect.ai,apool', '-n', namespace);
    for (const word of ['GoalsMet', '1/1', '2/2', 'Completed', 'crew']) must(table.includes(word), `kubectl get does not show ${word}:\n${table}`);
    const mission = await world.kubectl('describe', 'msn/simple', '-n', namespace);
    must(/Normal\s+GoalsMet/.test(mission), `describe shows no event of the mission:\n${mission.slice(-600)}`);
    const described = await world.kubectl('describe', 'apool/crew', '-n', namespace);
    must(described.includes('ScaledUp'), `describe shows no event:\n${described.slice(-600)}`);
    return undefined;
  },
};

const isWrite = (verb: string): boolean => ['create', 'update', 'patch', 'delete'].includes(verb);

/** Every field has an explanation. */
export const explainStory: Story = {
  name: 'kubectl explain knows every field of every kind',
  limitSeconds: 60,
  async run(world) {
    for (const plural of ['missions', 'tasks', 'agentpools']) {
      const text = await world.kubectl('explain', `${plural}.spec`, '--recursive');
      must(!text.includes('<no description>'), `${plural}.spec has fields without description`);
      const status = await world.kubectl('explain', `${plural}.status`);
      must(!status.includes('<no description>'), `${plural}.status has fields without description`);
    }
    return undefined;
  },
};

/** Deleting a mission in mid-flight leaves no task, process or artifact. */
export const deletionStory: Story = {
  name: 'a mission deleted in mid-flight leaves no task, process or artifact within 60 s',
  limitSeconds: 150,
  async run(world) {
    const namespace = await world.namespace('deleted');
    // Nobody else on this machine sleeps for just as long.
    const seconds = 300 + (process.pid % 1000) / 1000;
    await world.apply(simple(namespace, 'doomed', seconds));
    await eventually('second task runs', 30, async () => (await world.kubectl('get', 'tasks.coditect.ai', '-n', namespace)).includes('Running'));
    const uid = (await world.kubectl('get', 'missions.coditect.ai/doomed', '-n', namespace, '-o', 'jsonpath={.metadata.uid}')).trim();
    must(await processes(`sleep ${seconds}`), 'the slow command does not run');
    must(await hasArtifacts(world, uid), 'the first task left no artifact with the blob service');
    await world.kubectl('delete', 'missions.coditect.ai/doomed', '-n', namespace, '--wait=true');
    await eventually('tasks gone', 60, async () => (await world.kubectl('get', 'tasks.coditect.ai', '-n', namespace, '-o', 'name')).trim() === '');
    await eventually('process gone', 10, async () => !(await processes(`sleep ${seconds}`)));
    await eventually('artifacts gone', 60, async () => !(await hasArtifacts(world, uid)));
    return undefined;
  },
};

async function processes(command: string): Promise<boolean> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.some((line) => line.replaceAll('\0', ' ').trim().endsWith(command));
}

/** True while any folder of the cluster's pods is named by this owner. */
async function hasArtifacts({ cluster }: World, ownerUid: string): Promise<boolean> {
  const names = await readdir(cluster.runtimeFolder, { recursive: true });
  return names.some((name) => name.endsWith(`/${ownerUid}`));
}
