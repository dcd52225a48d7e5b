// The demo's own Kubernetes on this machine: built once, started or found again, removed at the end unless it is to be kept.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, ensureBinaries, findCluster, type Images, openGitDoor, settingsFrom, startCluster, stopCluster } from '#devcluster/index.ts';
import type { Surroundings } from '../commands/open.ts';
import { Refusal } from '../failure.ts';
import { line } from '../terminal/terminal.ts';
import type { Checkout } from './checkout.ts';
import { runChild } from './child.ts';
import { poolImage } from './install.ts';
import type { Place, PlaceMaker } from './place.ts';
import { isOwnRepository, repositoryOf } from './repository.ts';
import type { Steps } from './steps.ts';
import { startStores, storesLine } from './stores.ts';

const clusterName = 'demo';
const bundles = { operator: 'operator', blobs: 'blobs', agent: 'agent', llmGateway: 'llm-gateway', mirror: 'mirror', console: 'console' } as const;
const operatorImage = 'coditect/operator:dev';
const blobsImage = 'coditect/blobs:dev';
const llmGatewayImage = 'coditect/llm-gateway:dev';
const mirrorImage = 'coditect/mirror:dev';
const consoleImage = 'coditect/console:dev';

/** The demo's cluster when it runs. */
export function findDemoCluster(env: Surroundings['env']): Cluster | undefined {
  return findCluster(settingsFrom(env), clusterName);
}

export type LocalPlace = Place & { readonly cluster: Cluster };

/** A cluster of the demo's own; `keep` leaves it up. */
export function localCluster(surroundings: Surroundings, checkout: Checkout, keep: boolean): PlaceMaker<LocalPlace> {
  const { env, signal, terminal } = surroundings;
  let cluster: Cluster | undefined;
  return {
    steps: 5,
    async up(steps) {
      const repository = await servable(surroundings, checkout);
      await steps.step('finding or building Kubernetes (the first time takes about eight minutes)', (progress) => ensureBinaries({ ...settingsFrom(env), progress, signal }));
      await steps.step('bundling the programs', () => runChild(process.execPath, [join(checkout.root, 'scripts', 'bundle.ts'), ...Object.values(bundles), 'kubectl-mission'], { env, signal, folder: checkout.root }));
      const agent = await poolImage(checkout);
      const programs = await digestOf(Object.values(bundles).map((name) => join(checkout.dist, `${name}.js`)));
      const running = await startOrReuse(surroundings, checkout, { steps, agent, keep, programs });
      cluster = running;
      await writeFile(stampOf(running), programs);
      const stores = await steps.step('starting the stores of the mirror', (report) => startStores(running, env, report));
      line(terminal, `      ${storesLine(stores)}`);
      const gitUrl = await steps.step('serving the repository', async () => (repository.kind === 'url' ? repository.url : openGitDoor(running, repository.folder)));
      const before = keep ? ['make shell'] : ['make demo KEEP=1', 'make shell'];
      return { cluster: running, kubeconfig: running.kubeconfig, kubectl: running.kubectl, images: { operator: operatorImage, blobs: blobsImage, agent, llmGateway: llmGatewayImage, mirror: mirrorImage, console: consoleImage }, stores, leaderElection: 'fast', gitUrl, isOwn: isOwnRepository(repository, checkout.root), before };
    },
    async down() {
      // A start that failed or was interrupted has removed what it made.
      if (cluster === undefined) return 'this demo left nothing running';
      if (keep) return `cluster ${clusterName} stays up: make shell opens it, make demo without KEEP=1 ends it`;
      await stopCluster(cluster);
      return `cluster ${clusterName} is stopped and removed; nothing is left running`;
    },
  };
}

async function servable({ env, signal }: Surroundings, checkout: Checkout) {
  const repository = repositoryOf(env['REPO'], checkout.root, env['PWD'] ?? checkout.root);
  if (repository.kind === 'url') return repository;
  try {
    await runChild('git', ['-c', 'safe.directory=*', '-C', repository.folder, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}'], { env, signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new Refusal(`read repository ${repository.folder}: it is no git repository with a commit`, 'name one with REPO=<folder or URL>', { cause });
  }
  return repository;
}

interface Start {
  readonly steps: Steps;
  readonly agent: string;
  readonly keep: boolean;
  /** Digest of the bundled programs. */
  readonly programs: string;
}

/** A cluster runs the programs it was started with: one whose programs are older than these is started anew. */
async function startOrReuse({ env, signal }: Surroundings, { dist }: Checkout, { steps, agent, keep, programs }: Start): Promise<Cluster> {
  const settings = settingsFrom(env);
  const found = findCluster(settings, clusterName);
  if (found !== undefined && (await readFile(stampOf(found), 'utf8').catch(() => '')) === programs) return steps.step(`using cluster ${clusterName}, which is up`, async () => found);
  return steps.step(`starting cluster ${clusterName}`, async (progress) => {
    if (found !== undefined) await stopCluster(found);
    return startCluster({ ...settings, name: clusterName, images: imagesFor(agent), bundlesFolder: dist, endWithStarter: !keep, progress, signal });
  });
}

function stampOf({ folder }: Cluster): string {
  return join(folder, 'demo-programs.sha256');
}

async function digestOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(file));
  return hash.digest('hex');
}

function imagesFor(agent: string): Images {
  const image = (name: string) => ({ command: ['$NODE', `$BUNDLES/${name}.js`] });
  return { [operatorImage]: image(bundles.operator), [blobsImage]: image(bundles.blobs), [llmGatewayImage]: image(bundles.llmGateway), [mirrorImage]: image(bundles.mirror), [consoleImage]: image(bundles.console), [agent]: image(bundles.agent) };
}
