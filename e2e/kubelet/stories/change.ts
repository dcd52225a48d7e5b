// Changes of the installation while it works, and of its size when it does not.
import { eventually } from '#testing/world.ts';
import { clusterValues } from '#testing/charts/cluster.ts';
import { releaseNamespace } from '#testing/charts/helm.ts';
import { diamond, diamondSucceeds } from '../../diamond.ts';
import { must, type Story } from '../../story.ts';
import { smallCrew, withCrew } from '../crew.ts';
import { podsIn } from '../pods.ts';
import { rollback, upgrade, values } from '../release.ts';
import type { KubeletWorld } from '../world.ts';

export const upgradeStory: Story<KubeletWorld> = {
  name: 'helm upgrade and helm rollback replace the pods of operator and blobs while missions work: none is lost, no outcome is doubled',
  limitSeconds: 1200,
  run: (world) =>
    withCrew(world, 'changes', smallCrew(), async (namespace) => {
      const note = { podAnnotations: { note: 'changed' } };
      const changed = { ...values(world), operator: { image: clusterValues.operator.image, logLevel: 'debug', ...note }, blobs: { ...clusterValues.blobs, ...note } };
      const upgraded = await during(world, namespace, 'upgraded', () => upgrade(world, changed));
      const back = await during(world, namespace, 'rolled-back', () => rollback(world, 1));
      return `upgrade ${upgraded} s, rollback ${back} s, each with a mission at work`;
    }),
};

/** Changes the installation while a mission works; gives how long that took, in seconds. */
async function during(world: KubeletWorld, namespace: string, name: string, change: () => Promise<void>): Promise<number> {
  await world.apply(diamond(namespace, name, 8));
  await eventually(`tasks of ${name} run`, 120, async () => (await world.kubectl('get', 'tasks.coditect.ai', '-n', namespace)).includes('Running'));
  const before = await uids(world);
  const began = performance.now();
  await change();
  const seconds = Math.round((performance.now() - began) / 1000);
  const kept = (await uids(world)).filter((uid) => before.includes(uid));
  must(kept.length === 0, `${kept.length} pods of operator and blobs are the same as before`);
  await diamondSucceeds(world, { namespace, name, what: `installation changed`, seconds: 300 });
  return seconds;
}

async function uids(world: KubeletWorld): Promise<readonly string[]> {
  const pods = await podsIn(world, releaseNamespace, 'app.kubernetes.io/component in (operator,blobs)');
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.uid);
}

export const scaleStory: Story<KubeletWorld> = {
  name: 'a pool goes from no pods to some and back, twice',
  limitSeconds: 600,
  run: (world) =>
    withCrew(world, 'scales', smallCrew({ idleSeconds: 15 }), async (namespace) => {
      const lines: string[] = [];
      for (const name of ['first', 'second']) {
        must((await podsIn(world, namespace)).length === 0, `there are pods before mission ${name}`);
        await world.apply(diamond(namespace, name, 0));
        const began = performance.now();
        await diamondSucceeds(world, { namespace, name, what: 'from no pods', seconds: 120 });
        const ended = performance.now();
        await eventually('all pods go', 120, async () => (await podsIn(world, namespace)).length === 0);
        lines.push(`${name}: ${seconds(ended - began)} from no pods to Succeeded, ${seconds(performance.now() - ended)} until they had gone`);
      }
      return lines.join('\n');
    }),
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
