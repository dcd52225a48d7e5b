// CLUSTER=current: the demo on the cluster of the user's kubectl context, named before anything is written to it.
import type { Surroundings } from '../commands/open.ts';
import { Refusal } from '../failure.ts';
import { line } from '../terminal/terminal.ts';
import type { Checkout } from './checkout.ts';
import { runChild } from './child.ts';
import { demoNamespace, operatorNamespace, type Place, type PlaceMaker } from './place.ts';
import { repositoryOf } from './repository.ts';

/** The current context's cluster; its images and repository must be ones that the cluster can fetch. */
export function currentCluster({ terminal, env, signal }: Surroundings, checkout: Checkout): PlaceMaker {
  let isInstalled = false;
  return {
    steps: 1,
    async up(steps): Promise<Place> {
      const { OPERATOR_IMAGE: operator, BLOBS_IMAGE: blobs, AGENT_IMAGE: agent, LLM_GATEWAY_IMAGE: llmGateway = '' } = env;
      if (operator === undefined || blobs === undefined || agent === undefined) {
        throw new Refusal('use the current cluster: it runs real images, which it must be able to pull', 'set OPERATOR_IMAGE, BLOBS_IMAGE and AGENT_IMAGE, then run make demo CLUSTER=current again');
      }
      const repository = repositoryOf(env['REPO'], checkout.root, env['PWD'] ?? checkout.root);
      if (repository.kind === 'folder') throw new Refusal('use the current cluster: it cannot read a folder of this machine', 'set REPO to the URL of a repository');
      const context = await steps.step('asking kubectl for the current context', () => runChild('kubectl', ['config', 'current-context'], { env, signal }));
      line(terminal, `      installs into ${context.trim()}: namespaces ${operatorNamespace} and ${demoNamespace}`);
      isInstalled = true;
      return { kubectl: 'kubectl', images: { operator, blobs, agent, llmGateway }, leaderElection: 'default', gitUrl: repository.url, isOwn: false, before: [] };
    },
    async down() {
      if (!isInstalled) return 'nothing was installed';
      if (env['KEEP'] === '1') return `the operator (namespace ${operatorNamespace}) and the mission (namespace ${demoNamespace}) stay`;
      await runChild('kubectl', ['delete', 'namespace', demoNamespace, '--ignore-not-found', '--wait=false'], { env });
      return `namespace ${demoNamespace} is being deleted; the operator stays, remove it with: kubectl delete namespace ${operatorNamespace}`;
    },
  };
}
