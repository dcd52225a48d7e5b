// From nothing to an installation that says itself that it works.
import { names } from '#api/labels.ts';
import { releaseNamespace } from '#testing/charts/helm.ts';
import { providerKey } from '#testing/world.ts';
import { must, type Story } from '../../story.ts';
import { isReady, podsIn, startedAgain } from '../pods.ts';
import { claims, demoNamespace, install, rendered, test, values } from '../release.ts';
import { type KubeletWorld, restricted, volumeFor } from '../world.ts';

export const installStory: Story<KubeletWorld> = {
  name: 'helm installs both charts with the values of profile staging into a restricted namespace, on volumes; all pods get ready, and helm test passes',
  limitSeconds: 900,
  async run(world) {
    await refusesPlainHttpOnly(world);
    await world.apply(
      ...[releaseNamespace, demoNamespace].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: restricted } })),
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'coditect-llm-provider', namespace: releaseNamespace }, stringData: { 'api-key': providerKey } },
      ...claims.map((claim) => volumeFor(world.cluster, releaseNamespace, claim)),
    );
    const began = performance.now();
    await install(world, values(world));
    const seconds = Math.round((performance.now() - began) / 1000);
    const pods = await podsIn(world, releaseNamespace);
    const parts = pods.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] ?? '?').toSorted();
    must(parts.join() === 'blobs,console,llm-gateway,mirror,operator,operator', `these pods are there: ${parts.join()}`);
    must(pods.every(isReady), `not ready: ${pods.filter((pod) => !isReady(pod)).map(({ metadata }) => metadata.name).join()}`);
    const bound = await world.kubectl('get', 'persistentvolumeclaims', '-n', releaseNamespace, '-o', 'jsonpath={.items[*].status.phase}');
    must(bound === claims.map(() => 'Bound').join(' '), `the claims are ${bound}`);
    const printed = await test(world);
    must(/Phase: +Succeeded/.test(printed), `helm test: ${printed}`);
    const again = startedAgain(await podsIn(world, releaseNamespace));
    return `${seconds} s for ${pods.length} pods${again === '' ? ', none was started again' : `; started again: ${again}`}; ${names.blobs} and others on hostPath volumes of the node`;
  },
};

/** The one thing that staging has against this installation is the scripted provider. */
async function refusesPlainHttpOnly(world: KubeletWorld): Promise<void> {
  const { code, stderr } = await rendered(world, values(world, 'staging'));
  const refused = [...stderr.matchAll(/^- (\S+): /gm)].map(([, value]) => value);
  must(code !== 0 && refused.join() === 'llmGateway.upstreamUrl', `profile staging refuses ${refused.join()}, not llmGateway.upstreamUrl alone: ${stderr}`);
}
