// Goals are closed by somebody else: a task that lies, one that bends the test, a verifier that has to be found, and a commit that is delivered only when it is proven.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { GoalStatus, Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { serveGit } from '#agent-runtime/workspace/fake-git-server.ts';
import { eventually, type World } from '#testing/world.ts';
import { sumFiles } from '../mission.ts';
import { must, type Story } from '../story.ts';

const run = promisify(execFile);

const all = { agentTypes: ['Analyzer', 'Coder', 'Tester'] };
const provenByTest = [{ name: 'tests-pass', check: { command: { command: ['node', '--test', 'sum.test.js'], timeoutSeconds: 60 } } }];
const breakIt = "await writeFile('sum.js', 'export const sum = (a, b) => a - b;\\n');";
const bendTest = "await writeFile('sum.test.js', '// all is well\\n');";
const boast = "return { success: true, message: 'all tests pass' };";
const code = (source: string) => ({ name: 'work', type: 'Coder', intent: { action: 'RunCode', params: { source } } });

function mission(namespace: string, name: string, spec: object): object {
  return { apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: { name, namespace }, spec: { goal: 'The tests pass.', workspace: { configMap: { name: 'files' } }, goals: provenByTest, ...spec } };
}

async function place(world: World, name: string, pool: object): Promise<string> {
  const namespace = await world.namespace(name, { ...all, ...pool });
  await world.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'files', namespace }, data: sumFiles });
  return namespace;
}

const read = async <T>(world: World, namespace: string, what: string) => JSON.parse(await world.kubectl('get', what, '-n', namespace, '-o', 'json')) as T;

async function ended(world: World, namespace: string, name: string): Promise<Mission> {
  return eventually(`mission ${name} ends`, 90, async () => {
    const object = await read<Mission>(world, namespace, `missions.coditect.ai/${name}`);
    return object.status?.completionTime === undefined ? undefined : object;
  });
}

async function unmet(world: World, namespace: string, name: string): Promise<string> {
  const done = await ended(world, namespace, name);
  const goal = goalIs(done, 'Unmet');
  must(goal.reason === 'CommandFailed', `${name}: the goal is Unmet by ${goal.reason}: ${goal.evidence}`);
  must(endOf(done)?.reason === 'GoalsUnmet', `${name}: the mission ended as ${endOf(done)?.reason}`);
  must(goal.proof?.exitCode === 1 && goal.proof.tree !== undefined, `${name}: the proof lacks exit code or tree: ${JSON.stringify(goal.proof)}`);
  return goal.evidence;
}

const endOf = ({ status }: Mission) => status?.conditions?.find(({ type }) => type === 'Succeeded');

/** The only goal of a mission, which must be in this state. */
function goalIs({ metadata, status }: Mission, state: GoalStatus['state']): GoalStatus {
  const [goal] = status?.goals ?? [];
  must(goal?.state === state, `${metadata.name}: the goal is ${goal?.state} (${goal?.reason}): ${goal?.evidence}`);
  return goal;
}

async function works(world: World, namespace: string): Promise<readonly Task[]> {
  const { items } = await read<{ items: Task[] }>(world, namespace, 'tasks.coditect.ai');
  return items.filter(({ spec }) => spec.taskName === 'work');
}

export const liarsStory: Story = {
  name: 'a task that claims success and breaks a test is Unmet, and so is one that edits the test',
  limitSeconds: 200,
  async run(world) {
    const namespace = await place(world, 'liars', { slotsPerAgent: 1, scaling: { maxReplicas: 3, warm: 2 } });
    await world.apply(mission(namespace, 'liar', { tasks: [code(`${breakIt} ${boast}`)] }), mission(namespace, 'bender', { tasks: [code(`${breakIt} ${bendTest} ${boast}`)] }), mission(namespace, 'honest', { tasks: [code("await writeFile('more.js', 'export {};\\n');")] }));
    const liar = await unmet(world, namespace, 'liar');
    const bender = await unmet(world, namespace, 'bender');
    must(bender.includes('sum.test.js'), `the evidence does not name the test that was edited: ${bender}`);
    goalIs(await ended(world, namespace, 'honest'), 'Met');
    for (const { spec, status } of await works(world, namespace)) must(status?.outcome?.result === 'Succeeded', `${spec.missionRef?.name}: its task did not claim success: ${status?.outcome?.message}`);
    return `liar: ${liar}\nbender: ${bender}`;
  },
};

export const verifierStory: Story = {
  name: 'with one agent a command goal waits for an independent verifier, and is Met once the pool may grow',
  limitSeconds: 150,
  async run(world) {
    const namespace = await place(world, 'verifiers', { scaling: { minReplicas: 1, maxReplicas: 1 } });
    await world.apply(mission(namespace, 'waits', { tasks: [code("await writeFile('more.js', 'export {};\\n');")] }));
    await eventually('the goal says NoIndependentVerifier', 60, async () => (await read<Mission>(world, namespace, 'missions.coditect.ai/waits')).status?.goals?.[0]?.reason === 'NoIndependentVerifier');
    await world.kubectl('patch', 'agentpools.coditect.ai/crew', '-n', namespace, '--type=merge', '-p', '{"spec":{"scaling":{"maxReplicas":2}}}');
    const goal = goalIs(await ended(world, namespace, 'waits'), 'Met');
    const [work] = await works(world, namespace);
    must(work?.status?.assignment?.agent !== goal.proof?.agent, `the verifier is the agent that did the work: ${goal.proof?.agent}`);
    return goal.evidence;
  },
};

async function bareRepository(): Promise<{ readonly root: string; readonly git: (...args: readonly string[]) => Promise<string> }> {
  const root = await mkdtemp(join(tmpdir(), 'coditect-push-'));
  const git = async (...args: readonly string[]) => (await run('git', ['-C', root, '-c', 'user.name=e2e', '-c', 'user.email=e2e@example.org', ...args])).stdout.trim();
  await git('init', '-q', '--bare', '-b', 'main', 'app.git');
  await git('-C', 'app.git', 'config', 'http.receivepack', 'true');
  await git('init', '-q', '-b', 'main', 'seed');
  for (const [name, content] of Object.entries(sumFiles)) await run('sh', ['-c', 'printf %s "$2" > "$1"', 'sh', join(root, 'seed', name), content]);
  await git('-C', 'seed', 'add', '-A');
  await git('-C', 'seed', 'commit', '-q', '-m', 'first');
  await git('-C', 'seed', 'push', '-q', join(root, 'app.git'), 'main');
  return { root, git };
}

export const deliveryStory: Story = {
  name: 'a verified commit is pushed to a repository with a password, an unproven one is not',
  limitSeconds: 200,
  async run(world) {
    const { root, git } = await bareRepository();
    const credentials = { username: 'robot', password: 'pass-word-of-the-story' };
    const server = await serveGit(root, credentials);
    try {
      const namespace = await place(world, 'delivery', { gitSecrets: [{ name: 'push' }], scaling: { maxReplicas: 3, warm: 2 } });
      await world.apply({ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/basic-auth', metadata: { name: 'push', namespace }, stringData: credentials });
      const workspace = { git: { url: `${server.url}/app.git`, ref: 'main', secretRef: { name: 'push' } } };
      const deliver = (name: string, source: string) => mission(namespace, name, { workspace, tasks: [code(source)], outputs: { git: { branch: `done/${name}`, mode: 'Push' } } });
      await world.apply(deliver('good', "await writeFile('more.js', 'export {};\\n');"), deliver('bad', breakIt));
      const good = await ended(world, namespace, 'good');
      const pushed = good.status?.outputs?.git;
      must(pushed?.state === 'Pushed', `the output is ${JSON.stringify(pushed)}: ${endOf(good)?.message}`);
      must((await git('-C', 'app.git', 'rev-parse', 'done/good')) === pushed.commit, 'the branch does not hold the commit that the status names');
      const bad = await ended(world, namespace, 'bad');
      must(bad.status?.outputs === undefined, `an unproven output is named: ${JSON.stringify(bad.status?.outputs)}`);
      must((await git('-C', 'app.git', 'branch', '--list', 'done/bad')) === '', 'an unproven commit was pushed');
      const said = await world.kubectl('get', 'missions.coditect.ai,tasks.coditect.ai,agentpools.coditect.ai,pods', '-n', namespace, '-o', 'yaml');
      must(!said.includes(credentials.password), 'the password is in an object');
      return `pushed ${pushed.commit.slice(0, 12)} to ${pushed.branch}`;
    } finally {
      await server.close();
      await rm(root, { recursive: true, force: true });
    }
  },
};
