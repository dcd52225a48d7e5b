// The mission of the samples, in real pods that were not there when it was applied, and its results in the hands of a person.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { images, objectsOf, root } from '#testing/world.ts';
import { succeeds } from '../../diamond.ts';
import { must, type Story } from '../../story.ts';
import { type Pod, podsIn, startedAgain } from '../pods.ts';
import { demoNamespace } from '../release.ts';
import type { KubeletWorld } from '../world.ts';

interface Sample {
  metadata: { name: string; namespace?: string };
  spec: { template: { image: string }; scaling: { warm: number }; workspace: { git: { url: string } } };
}

interface TaskObject {
  readonly spec: { readonly type: string };
  readonly status?: { readonly assignment?: { readonly agent?: string } };
}

export const demoStory: Story<KubeletWorld> = {
  name: 'the demo mission succeeds in a restricted namespace, on a pool that had no pods, and kubectl mission reads its report through the kubelet',
  limitSeconds: 420,
  async run(world) {
    const [pool, mission] = await Promise.all([sample('pool.yaml'), sample('demo-mission.yaml')]);
    pool.spec.template.image = images.agent;
    pool.spec.scaling.warm = 0;
    mission.spec.workspace.git.url = world.gitUrl;
    await world.apply(pool);
    await world.kubectl('wait', '--for=condition=Ready', 'agentpools.coditect.ai/crew', '-n', demoNamespace, '--timeout=60s');
    must((await podsIn(world, demoNamespace)).length === 0, 'the pool has pods before there is work');
    await world.apply(mission);
    const began = performance.now();
    const { name } = mission.metadata;
    await succeeds(world, { namespace: demoNamespace, name, what: 'on a pool without pods', seconds: 300 });
    const seconds = Math.round((performance.now() - began) / 1000);
    const agents = await podsIn(world, demoNamespace, 'coditect.ai/pool=crew');
    await ranInPodsOf(world, agents);
    const report = await kubectlMission(world, 'artifacts', 'get', name, 'report', 'report.md', '-n', demoNamespace);
    must(report.includes('# What was found in the repository'), `the report begins with ${report.slice(0, 200)}`);
    const again = startedAgain(agents);
    return `${seconds} s from apply to Succeeded; the report has ${report.length} characters${again === '' ? '' : `\nagents were started again: ${again}`}`;
  },
};

async function sample(file: string): Promise<Sample> {
  const [object] = (await objectsOf(join(root, 'config', 'samples', file))) as unknown as Sample[];
  must(object !== undefined, `config/samples/${file} holds no object`);
  object.metadata.namespace = demoNamespace;
  return object;
}

async function ranInPodsOf(world: KubeletWorld, pool: readonly Pod[]): Promise<void> {
  const { items } = JSON.parse(await world.kubectl('get', 'tasks.coditect.ai', '-n', demoNamespace, '-o', 'json')) as { items: TaskObject[] };
  const pods = pool.map(({ metadata }) => metadata.name);
  const agents = new Set(items.flatMap(({ status }) => status?.assignment?.agent ?? []));
  const strange = [...agents].filter((agent) => !pods.includes(agent));
  must(agents.size > 0 && strange.length === 0, `tasks ran in ${[...agents].join(', ') || 'no pod'}; the pool has ${pods.join(', ')}`);
}

/** The command line as people run it: it knows the kubeconfig and nothing else of this machine. */
async function kubectlMission({ cluster }: KubeletWorld, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'dist', 'kubectl-mission.js'), ...args], { env: { ...process.env, KUBECONFIG: cluster.kubeconfig }, maxBuffer: 16 << 20 });
  return stdout;
}
