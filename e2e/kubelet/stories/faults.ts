// What real nodes do to pods, in mid-mission: they are deleted, killed, and their runtime starts anew. The work ends right, once.
import { names } from '#api/labels.ts';
import { layoutOf, restartComponent, stopComponent } from '#devcluster/index.ts';
import { releaseNamespace } from '#testing/charts/helm.ts';
import { eventually } from '#testing/world.ts';
import { diamond, diamondSucceeds, succeeds } from '../../diamond.ts';
import { runCommand } from '../../mission.ts';
import { must, type Story } from '../../story.ts';
import { smallCrew, withCrew } from '../crew.ts';
import { isReady, podsIn, restartsOf } from '../pods.ts';
import type { KubeletWorld } from '../world.ts';

const seconds = 240;

/** A mission whose last task needs an artifact that was made before its second one slept. */
function relay({ gitUrl }: KubeletWorld, namespace: string, name: string): object {
  const tasks = [
    { name: 'look', type: 'Analyzer', intent: { action: 'AnalyzeCode', params: { measures: ['languages', 'size'] } } },
    { name: 'rest', type: 'Tester', dependsOn: ['look'], intent: runCommand('sleep', '12') },
    { name: 'report', type: 'Analyzer', dependsOn: ['look', 'rest'], inputs: [{ name: 'found', task: 'look', field: 'artifacts.analysis.md' }], intent: { action: 'WriteReport', params: { title: 'After the rest' } } },
  ];
  const goals = [{ name: 'reported', check: { artifact: { task: 'report', name: 'report.md' } } }];
  return { apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: { name, namespace }, spec: { goal: 'Hand a result on, whatever happens.', workspace: { git: { url: gitUrl } }, tasks, goals } };
}

/** Name of the pod that holds the lease. */
async function leader({ kubectl }: KubeletWorld): Promise<string> {
  const holder = await kubectl('get', 'lease', names.lease, '-n', releaseNamespace, '-o', 'jsonpath={.spec.holderIdentity}');
  const pod = holder.slice(0, holder.lastIndexOf('_'));
  must(pod !== '', `nobody leads: the lease says "${holder}"`);
  return pod;
}

/** Waits until tasks of a mission run. */
async function runs({ kubectl }: KubeletWorld, namespace: string, task: string): Promise<void> {
  await eventually(`a task ${task} runs in ${namespace}`, 120, async () => new RegExp(`${task}.*Running`).test(await kubectl('get', 'tasks.coditect.ai', '-n', namespace)));
}

const ways: Readonly<Record<string, readonly string[]>> = { deleted: [], forced: ['--grace-period=0', '--force'] };

export const leaderStory: Story<KubeletWorld> = {
  name: 'the pod of the leader deleted, then deleted by force, in mid-mission: the other one takes over, dependents read artifacts made before, no outcome is doubled',
  limitSeconds: 900,
  run: (world) =>
    withCrew(world, 'leaders', smallCrew(), async (namespace) => {
      const lines: string[] = [];
      for (const [how, flags] of Object.entries(ways)) {
        await world.apply(relay(world, namespace, `relay-${how}`), diamond(namespace, `diamond-${how}`, 3));
        await runs(world, namespace, `relay-${how}-rest`);
        const gone = await leader(world);
        const began = performance.now();
        await world.kubectl('delete', 'pod', gone, '-n', releaseNamespace, '--wait=false', ...flags);
        await eventually('another pod leads', 90, async () => (await leader(world).catch(() => gone)) !== gone);
        const passed = ((performance.now() - began) / 1000).toFixed(1);
        await diamondSucceeds(world, { namespace, name: `diamond-${how}`, what: `leader ${how}`, seconds });
        await succeeds(world, { namespace, name: `relay-${how}`, what: `leader ${how}`, seconds });
        lines.push(`${how}: another pod led after ${passed} s`);
      }
      return lines.join('\n');
    }),
};

export const agentStory: Story<KubeletWorld> = {
  name: 'the pod of an agent deleted by force in mid-mission: its tasks run again elsewhere, no outcome is doubled',
  limitSeconds: 420,
  run: (world) =>
    withCrew(world, 'agents', smallCrew(), async (namespace) => {
      await world.apply(diamond(namespace, 'survivor', 4));
      await runs(world, namespace, 'survivor-work');
      const victim = await eventually('an agent is ready', 60, async () => (await podsIn(world, namespace, 'coditect.ai/pool=crew')).find(isReady));
      await world.kubectl('delete', 'pod', victim.metadata.name, '-n', namespace, '--grace-period=0', '--force');
      await diamondSucceeds(world, { namespace, name: 'survivor', what: 'agent deleted by force', seconds });
      return undefined;
    }),
};

export const runtimeStory: Story<KubeletWorld> = {
  name: 'containerd and kubelet started anew in mid-mission: the pods live on, the mission ends right, no outcome is doubled',
  limitSeconds: 420,
  run: (world) =>
    withCrew(world, 'runtime', smallCrew(), async (namespace) => {
      await world.apply(diamond(namespace, 'undisturbed', 4));
      await runs(world, namespace, 'undisturbed-work');
      const before = await eventually('both agents are ready', 60, () => agents(world, namespace));
      await restartRuntime(world);
      await diamondSucceeds(world, { namespace, name: 'undisturbed', what: 'containerd and kubelet started anew', seconds });
      const after = await eventually('both agents are ready again', 60, () => agents(world, namespace));
      must(after.join() === before.join(), `agents were started again: ${before.join()} became ${after.join()}`);
      return undefined;
    }),
};

/** As an upgrade of a node does. Resolves when the new kubelet has told the API server that it lives. */
async function restartRuntime({ cluster, kubectl }: KubeletWorld): Promise<void> {
  const layout = layoutOf(cluster.folder, cluster.runtimeFolder);
  const told = () => kubectl('get', 'lease', cluster.nodeName, '-n', 'kube-node-lease', '-o', 'jsonpath={.spec.renewTime}');
  for (const component of ['kubelet', 'containerd'] as const) await stopComponent(layout, component);
  restartComponent(layout, 'containerd');
  const before = await told();
  await eventually('the new kubelet speaks', 90, async () => {
    // It ends while containerd is not ready yet; whoever looks after processes of a node starts it again.
    restartComponent(layout, 'kubelet');
    return (await told()) !== before;
  });
}

/** Both agents with the number of their starts, once they are ready: one that is just being made may well be made twice. */
async function agents(world: KubeletWorld, namespace: string): Promise<readonly string[] | undefined> {
  const pods = await podsIn(world, namespace, 'coditect.ai/pool=crew');
  return pods.length === 2 && pods.every(isReady) ? pods.map((pod) => `${pod.metadata.name} ${restartsOf(pod)}`).toSorted() : undefined;
}
