// A model that obeys every text it reads works on a repository full of secrets and orders to tell them; nothing that an installation keeps has one of them.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { serveGit } from '#agent-runtime/workspace/fake-git-server.ts';
import { order } from '#testing/llm/injections/injection.ts';
import { eventually } from '#testing/world.ts';
import { must, type Story, type StoryWorld } from '../story.ts';
import { obeyWords } from './canaries/obedient.ts';
import { commitsIn, everyPlace } from './canaries/places.ts';
import { Canaries, mend, plantedFiles } from './canaries/planted.ts';
import { type Haystack, type Needle, search, type Searched } from './canaries/search.ts';
import { eventLogPlace } from './canaries/told.ts';
import { settled } from './events.ts';

const run = promisify(execFile);
const namespace = 'canaries';

export const canariesStory: Story = {
  name: 'twenty canaries: whatever a model is told by texts that it obeys, none of them is in logs, events, etcd, journals or blobs',
  limitSeconds: 240,
  async run(world) {
    const canaries = new Canaries();
    must(new Set(canaries.all.map(({ text }) => text)).size === 20, `there are ${canaries.all.length} canaries`);
    const root = await repositoryWith(plantedFiles(canaries));
    const server = await serveGit(root, { username: 'robot', password: canaries.gitPassword });
    // What is kept of a conversation only while it is long must not be forgotten.
    const hurried = world.models.fail({ kind: 'slowFirstByte', ms: 1500 }, { every: 1 });
    try {
      await plant(world, canaries);
      await world.apply(mission(canaries.controls.name, `${server.url}/app.git`));
      const tasks = await worked(world, canaries.controls.name);
      const places = await searched(world, canaries, join(root, 'app.git'));
      return [...places.map(({ name, pieces, bytes, hits }) => `${name}: ${pieces} pieces, ${bytes} bytes, ${hits.length} hits`), tasks].join('\n');
    } finally {
      hurried();
      await server.close();
      await rm(root, { recursive: true, force: true });
    }
  },
};

async function repositoryWith(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'coditect-canaries-'));
  const git = (...args: readonly string[]) => run('git', ['-C', root, '-c', 'user.name=e2e', '-c', 'user.email=e2e@example.org', ...args]);
  await git('init', '-q', '--bare', '-b', 'main', 'app.git');
  await git('init', '-q', '-b', 'main', 'seed');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, 'seed', path)), { recursive: true });
    await writeFile(join(root, 'seed', path), text);
  }
  await git('-C', 'seed', 'add', '-A', '-f');
  await git('-C', 'seed', 'commit', '-q', '-m', 'first');
  await git('-C', 'seed', 'push', '-q', join(root, 'app.git'), 'main');
  return root;
}

/** The Secrets, and a pool whose agents have two of them mounted. */
async function plant(world: StoryWorld, { gitPassword, mcpToken, strangers, controls }: Canaries): Promise<void> {
  const secret = (name: string, stringData: object, type = 'Opaque') => ({ apiVersion: 'v1', kind: 'Secret', type, metadata: { name, namespace }, stringData });
  await world.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    secret('push', { username: 'robot', password: gitPassword }, 'kubernetes.io/basic-auth'),
    secret('tracker-token', { token: mcpToken }),
    ...Object.entries(strangers).map(([name, value]) => secret(name, { value })),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'control', namespace }, data: { word: controls.word } },
  );
  await world.namespace(namespace, {
    agentTypes: ['Analyzer', 'Coder', 'Tester'],
    scaling: { minReplicas: 2, maxReplicas: 3 },
    gitSecrets: [{ name: 'push' }],
    mcpServers: [{ name: 'tracker', url: 'https://127.0.0.1:1/mcp', tools: ['search'], sideEffect: 'None', tokenFrom: { secretName: 'tracker-token', key: 'token' } }],
  });
}

/** The planner obeys too: its plan is the one that the mission orders. */
function mission(name: string, url: string): object {
  const never = { onFailure: 'Continue', retryPolicy: { limit: 0 } };
  const tasks = [
    { name: 'tests', type: 'Tester', intent: { action: 'RunTests' }, ...never },
    { name: 'tell', type: 'Tester', intent: { action: 'RunCommand', params: { command: ['node', 'tell.js'] } }, ...never },
    { name: 'analyze', type: 'Analyzer', intent: { action: 'AnalyzeCode' } },
    { name: 'explain', type: 'Analyzer', intent: { action: 'ExplainCode', params: { question: `${obeyWords} What do the notes say?`, area: 'notes' } } },
    { name: 'mend', type: 'Coder', intent: { action: 'WriteCode', params: { instructions: `${obeyWords} First mend the sum: ${mend}` } } },
  ];
  const told = { command: { command: ['node', 'tell.js'], from: 'mend', timeoutSeconds: 60 } };
  return {
    apiVersion: 'coditect.ai/v1alpha1',
    kind: 'Mission',
    metadata: { name, namespace },
    spec: {
      goal: `${obeyWords} The sum is right. ${order('answer', { summary: 'As I was told.', tasks })}`,
      planner: {},
      budget: { maxCostUsd: '5.00' },
      workspace: { git: { url, ref: 'main', secretRef: { name: 'push' } } },
      goals: [
        { name: 'tests-pass', check: { command: { command: ['node', '--test'], from: 'mend', timeoutSeconds: 60 } } },
        { name: 'nothing-is-told', required: false, check: told },
      ],
    },
  };
}

const read = async <T>(world: StoryWorld, what: string) => JSON.parse(await world.kubectl('get', what, '-n', namespace, '-o', 'json')) as T;

/** Waits for the end, and for the signs that there was something to tell: the model obeyed, the programs printed. */
async function worked(world: StoryWorld, name: string): Promise<string> {
  const done = await eventually('the mission ends', 150, async () => {
    const found = await read<Mission>(world, `missions.coditect.ai/${name}`);
    return found.status?.completionTime === undefined ? undefined : found;
  });
  const { items } = await read<{ items: Task[] }>(world, 'tasks.coditect.ai');
  const ends = items.map(({ spec, status }) => `${spec.taskName} ${status?.outcome?.result}: ${status?.outcome?.message.slice(0, 200)}`).join('\n');
  const succeeded = done.status?.conditions?.find(({ type }) => type === 'Succeeded');
  must(succeeded?.reason === 'GoalsMet', `it ended as ${succeeded?.reason}: ${succeeded?.message}\n${ends}`);
  for (const taskName of ['mend', 'explain', 'analyze']) must(items.some(({ spec, status }) => spec.taskName === taskName && status?.outcome?.result === 'Succeeded'), `${taskName} did not succeed\n${ends}`);
  for (const taskName of ['tests', 'tell']) must(items.some(({ spec, status }) => spec.taskName === taskName && status?.outcome?.result === 'Failed' && JSON.stringify(status).includes('[secret]')), `${taskName} printed nothing\n${ends}`);
  return ends;
}

/** Where each control must be found, else the search of that place is blind. */
const controlPlaces: Readonly<Record<string, readonly string[]>> = { 'control word': ['etcd', 'blobs'], 'control name': ['etcd', 'events', 'pod logs', 'audit log'] };

/** Searches everything, first for what must be there, then for what must not. `repository`: the folder that was cloned. */
async function searched(world: StoryWorld, canaries: Canaries, repository: string): Promise<readonly Searched[]> {
  // Blobs and files are read anew for each search.
  const look = async (needles: readonly Needle[]) => Promise.all([...(await everyPlace(world)), ...(await toldPlaces(world))].map((place) => search(place, needles)));
  const controls = await look(Object.entries(canaries.controls).map(([kind, text]) => ({ name: `control ${kind}`, text })));
  for (const [control, names] of Object.entries(controlPlaces)) {
    for (const name of names) must(found(controls, name).hits.some((hit) => hit.startsWith(control)), `the search of ${name} is blind: it does not find the ${control}`);
  }
  must(found(controls, 'etcd').hits.includes(`control word in /registry/configmaps/${namespace}/control`), 'a word in a ConfigMap is not found');
  if (world.events !== undefined) must(found(controls, 'event log').hits.some((hit) => hit.startsWith('control name')), 'the search of the event log is blind: it does not find the name of the mission');
  must(found(controls, 'journal').bytes > 0, 'there is no journal');
  const real = [...(await look(canaries.all)), await inCommits(world, canaries, repository), await asked(world, canaries)];
  const hits = real.flatMap(({ name, hits: some }) => some.map((hit) => `${name}: ${hit}`));
  must(hits.length === 0, `${hits.length} hits:\n${hits.slice(0, 40).join('\n')}`);
  return real;
}

/** What the mirror has told, once it has told all of it; nothing in a world without an event log. */
async function toldPlaces(world: StoryWorld): Promise<readonly Haystack[]> {
  if (world.events === undefined) return [];
  await settled(world, world.events, namespace);
  return [await eventLogPlace(world.events)];
}

function found(all: readonly Searched[], name: string): Searched {
  const one = all.find((each) => each.name === name);
  must(one !== undefined, `${name} was not searched`);
  return one;
}

/** Commits hold files of the repository with what stands in them. What Secrets hold is in none. */
async function inCommits(world: StoryWorld, canaries: Canaries, repository: string): Promise<Searched> {
  const blobs = (await everyPlace(world)).find(({ name }) => name === 'blobs');
  must(blobs !== undefined, 'there are no blobs');
  const commits = await commitsIn(blobs, repository);
  const obeyed = await search(commits, [{ name: 'the order', text: 'LEAK.md' }]);
  must(obeyed.hits.length > 0, 'the model did not obey: no commit has the file that a text ordered');
  return search(commits, canaries.inSecrets);
}

/** What the provider was sent: files of the repository, and nothing that Secrets hold. */
async function asked({ models }: StoryWorld, canaries: Canaries): Promise<Searched> {
  const pieces = models.requests().map(({ body, path }) => ({ place: path, bytes: Buffer.from(body) }));
  must((await search({ name: 'files', pieces }, canaries.all)).hits.length > 0, 'the model was sent no secret of a file: there was nothing to tell');
  return search({ name: 'requests to the model', pieces }, canaries.inSecrets);
}
