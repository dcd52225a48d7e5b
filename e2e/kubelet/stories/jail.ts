// The jail inside a restricted pod: what is tried by a task is tried from beside the agent too, as the same user, where it must get through.
import { servicePorts } from '#platform/rpc/addresses.ts';
import { releaseNamespace } from '#testing/charts/helm.ts';
import { eventually } from '#testing/world.ts';
import { aMission, runCommand } from '../../mission.ts';
import { must, type Story } from '../../story.ts';
import { smallCrew, withCrew } from '../crew.ts';
import { isReady, podsIn } from '../pods.ts';
import type { KubeletWorld } from '../world.ts';

const planted = 'planted-by-the-neighbour';
const through = 7;

/** Commands of a shell that end with 0 when they get through, by the name of the task. */
type Attempts = Readonly<Record<string, string>>;

async function attemptsIn({ kubectl, gitUrl, ...world }: KubeletWorld): Promise<Attempts> {
  const [operator] = await podsIn({ kubectl }, releaseNamespace, 'app.kubernetes.io/component=operator');
  const api = await kubectl('get', 'service', 'kubernetes', '-n', 'default', '-o', 'jsonpath={.spec.clusterIP}');
  const call = (host: string, port: number) => `node -e "require('node:net').connect(${port}, '${host}').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"`;
  return {
    'token': 'cat /var/run/secrets/coditect/token > /dev/null',
    'neighbour': `find /work -name ${planted} | grep -q .`,
    'environment': 'grep -q CODITECT_ /proc/1/environ',
    'signal': 'kill -0 1',
    'work-folder': 'touch /work/escaped',
    'temporary': 'touch /tmp/escaped',
    'pod': call(operator?.status?.podIP ?? '', servicePorts.operator.work),
    'api-server': call(api, 443),
    'this-machine': call(world.cluster.hostAddress, Number(new URL(gitUrl).port)),
    'clone': `git ls-remote -q ${gitUrl}`,
  };
}

export const jailStory: Story<KubeletWorld> = {
  name: 'the jail holds inside a restricted pod: no task reads the token of its agent or the files of another task, writes outside or opens a connection',
  limitSeconds: 420,
  run: (world) =>
    withCrew(world, 'jailed', smallCrew({ maxReplicas: 1, slotsPerAgent: 6 }), async (namespace) => {
      await world.apply(aMission(namespace, 'neighbour', [{ name: 'plant', type: 'Tester', intent: runCommand('sh', '-c', `echo secret > ${planted}; sleep 240`) }]));
      const agent = await eventually('an agent is ready', 120, async () => (await podsIn(world, namespace)).find(isReady)?.metadata.name);
      const attempts = await attemptsIn(world);
      await eventually('everything gets through beside the agent', 60, async () => (await heldBesideTheAgent(world, namespace, agent, attempts)).length === 0);
      const held = (name: string, attack: string) => ({ name, type: 'Tester', retryPolicy: { limit: 0 }, intent: runCommand('sh', '-c', `${attack} && exit ${through}; true`) });
      const tools = { name: 'tools', type: 'Tester', intent: runCommand('sh', '-c', 'touch mine && cat mine && find . -name mine | grep -q mine && git --version && node --version') };
      const probes = aMission(namespace, 'probes', [tools, ...Object.entries(attempts).map(([name, attack]) => held(name, attack))]) as { spec: object };
      await world.apply({ ...probes, spec: { ...probes.spec, failurePolicy: 'Continue' } });
      const tasks = await eventually('the probes end', 180, () => endedTasks(world, namespace, 1 + Object.keys(attempts).length));
      const wrong = tasks.filter(({ status }) => status?.outcome?.result !== 'Succeeded').map(({ metadata, status }) => `${metadata.name} (${said(status, 'Succeeded')})`);
      must(wrong.length === 0, `got through, or could not be tried: ${wrong.join('; ')}`);
      const boundary = new Set(tasks.map(({ status }) => said(status, 'Isolated')));
      const pool = await world.kubectl('get', 'agentpools.coditect.ai/crew', '-n', namespace, '-o', 'jsonpath={.status.conditions[?(@.type=="Isolated")].reason}: {.status.conditions[?(@.type=="Isolated")].message}');
      must(pool.startsWith('Isolated'), `the pool says ${pool}`);
      return `pool: ${pool}\ntasks: ${[...boundary].join('; ')}\n${Object.keys(attempts).length} attempts, all of which get through beside the agent: ${Object.keys(attempts).join(', ')}`;
    }),
};

/** Names of attempts that fail as a process of the agent's pod that is in no jail: they would prove nothing. */
async function heldBesideTheAgent({ tryKubectl }: KubeletWorld, namespace: string, agent: string, attempts: Attempts): Promise<readonly string[]> {
  const held: string[] = [];
  for (const [name, attack] of Object.entries(attempts)) {
    const { code } = await tryKubectl(['exec', agent, '-n', namespace, '--', 'sh', '-c', attack]);
    if (code !== 0) held.push(name);
  }
  return held;
}

interface Status {
  readonly outcome?: { readonly result: string };
  readonly conditions?: readonly { readonly type: string; readonly reason: string; readonly message: string }[];
}

interface TaskObject {
  readonly metadata: { readonly name: string };
  readonly status?: Status;
}

/** The tasks of the probes, once all of them are decided. */
async function endedTasks({ kubectl }: KubeletWorld, namespace: string, count: number): Promise<readonly TaskObject[] | undefined> {
  const { items } = JSON.parse(await kubectl('get', 'tasks.coditect.ai', '-n', namespace, '-o', 'json')) as { items: TaskObject[] };
  const ended = items.filter(({ metadata, status }) => metadata.name.startsWith('probes-') && status?.outcome !== undefined);
  return ended.length === count ? ended : undefined;
}

function said(status: Status | undefined, type: string): string {
  const condition = status?.conditions?.find((one) => one.type === type);
  return condition === undefined ? `no condition ${type}` : `${condition.reason}: ${condition.message}`;
}
