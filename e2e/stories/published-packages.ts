// Strangers' code: packages as their registries have them are examined by the mission of the samples. What people would see is kept in e2e/results/packages.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { inNamespace, withGitUrl } from '#cli/demo/repository.ts';
import { settingsFrom, startGitDoor } from '#devcluster/index.ts';
import { images, objectsOf, root, type World } from '#testing/world.ts';
import { filesOf, lackOf, type Package } from '../packages/registries.ts';
import { pythonWithPytest } from '../packages/python.ts';
import { must, type Story } from '../story.ts';

const run = promisify(execFile);

interface Wanted extends Package {
  readonly language: string;
  readonly framework: string;
  /** Tests that pass, on any machine. */
  readonly leastPassed: number;
  /** What a user would add: the script of the package wants tools that are not published with it. */
  readonly testParams?: object;
}

const packages: readonly Wanted[] = [
  { registry: 'npm', name: '@fastify/error', version: '4.2.0', language: 'JavaScript', framework: 'node', leastPassed: 20, testParams: { framework: 'node' } },
  { registry: 'PyPI', name: 'toolz', version: '1.0.0', language: 'Python', framework: 'pytest', leastPassed: 150 },
  { registry: 'Go', name: 'github.com/mitchellh/mapstructure', version: 'v1.5.0', language: 'Go', framework: 'go', leastPassed: 50 },
];

export const publishedPackagesStory: Story = {
  name: 'published packages of other people are examined and tested, one of each language',
  limitSeconds: 600,
  async run(world) {
    const lines: string[] = [];
    const python = await pythonWithPytest(world.cluster.runtimeFolder);
    const path = [...(python === undefined ? [] : [python]), settingsFrom(process.env).programPath].join(':');
    for (const wanted of packages) {
      const lack = await lackOf(wanted.registry);
      lines.push(lack === undefined ? await examine(world, wanted, path) : `${wanted.name} was SKIPPED: ${lack}`);
    }
    return lines.join('\n');
  },
};

async function examine(world: World, wanted: Wanted, path: string): Promise<string> {
  const repository = await repositoryOf(await filesOf(wanted, join(settingsFrom(process.env).cacheFolder, 'packages')));
  const door = await startGitDoor(repository);
  try {
    const short = basename(wanted.name);
    const namespace = await world.namespace(`package-${short}`, { agentTypes: ['Analyzer', 'Coder', 'Tester'], template: { image: images.agent, env: [{ name: 'PATH', value: path }] } });
    await world.apply(...(await objectsOf(join(root, 'config', 'samples', '02-access.yaml'))).map((object) => inNamespace(object, namespace)));
    const shown = await runAsUser(world, namespace, manifestOf(withGitUrl(await readFile(join(root, 'config', 'samples', 'examine-mission.yaml'), 'utf8'), door.url), wanted));
    await keepTranscript(wanted, shown.replaceAll(door.url, `https://git.example.com/${short}.git`));
    return `${wanted.name}: ${await checked(world, namespace, wanted, shown)}`;
  } finally {
    await door.close();
    await rm(repository, { recursive: true, force: true });
  }
}

async function repositoryOf(files: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'coditect-e2e-package-'));
  await cp(files, folder, { recursive: true });
  const git = (...args: readonly string[]) => run('git', ['-C', folder, '-c', 'user.name=e2e', '-c', 'user.email=e2e@example.org', ...args]);
  await git('init', '-q', '-b', 'main');
  // What a package ignores is published all the same.
  await git('add', '-A', '-f');
  await git('commit', '-q', '-m', 'as it was published');
  return folder;
}

function manifestOf(text: string, { testParams }: Wanted): string {
  const mission = parse(text) as { spec: { tasks: { name: string; intent: { params?: object } }[] } };
  const tests = mission.spec.tasks.find(({ name }) => name === 'tests');
  must(tests !== undefined, 'config/samples/examine-mission.yaml has no task tests');
  if (testParams !== undefined) tests.intent.params = testParams;
  return stringify(mission);
}

/** What `kubectl mission run --follow` and the report say. */
async function runAsUser({ cluster, kubectl }: World, namespace: string, manifest: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'coditect-e2e-user-'));
  const mission = async (...args: readonly string[]) => {
    const all = [join(root, 'dist', 'kubectl-mission.js'), ...args, '-n', namespace];
    const ended = await run(process.execPath, all, { cwd: folder, env: { ...process.env, KUBECONFIG: cluster.kubeconfig, COLUMNS: '120' }, maxBuffer: 16 * 1024 * 1024 }).catch((error: { stdout: string; stderr: string }) => error);
    must(!(ended instanceof Error), `kubectl mission ${args.join(' ')} failed:\n${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  };
  try {
    await writeFile(join(folder, 'examine.yaml'), manifest);
    const followed = await mission('run', '-f', 'examine.yaml', '--follow');
    const report = await mission('artifacts', 'get', 'examine', 'report', 'report.md');
    const listed = await kubectl('get', 'missions.coditect.ai', '-n', namespace);
    return `$ kubectl mission run -f examine.yaml --follow\n${followed}\n$ kubectl get missions.coditect.ai\n${listed}\n$ kubectl mission artifacts get examine report report.md\n${report}`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checked(world: World, namespace: string, { name, language, framework, leastPassed }: Wanted, shown: string): Promise<string> {
  const read = async <T>(what: string) => JSON.parse(await world.kubectl('get', what, '-n', namespace, '-o', 'json')) as T;
  const { status } = await read<Mission>('missions.coditect.ai/examine');
  const unmet = (status?.goals ?? []).filter(({ name: goal, state }) => goal !== 'no-secrets' && state !== 'Met');
  must(unmet.length === 0, `${name}: ${unmet.map((goal) => `${goal.name} is ${goal.state}: ${goal.evidence}`).join('; ')}\n${shown}`);
  const { items } = await read<{ items: Task[] }>('tasks.coditect.ai');
  const observed = (task: string) => items.find(({ spec }) => spec.taskName === task)?.status?.observed ?? {};
  const { passed, failed, framework: used, failureClass } = observed('tests');
  must(used === framework && failed === 0 && failureClass === 'none' && Number(passed) >= leastPassed, `${name}: the tests were observed as ${JSON.stringify(observed('tests'))}`);
  must(observed('survey')['mainLanguage'] === language, `${name}: it is not taken for ${language}: ${JSON.stringify(observed('survey'))}`);
  const retried = items.filter(({ status: task }) => (task?.attempt ?? 0) > 1);
  must(retried.length === 0, `${name}: a task needed several attempts: ${retried.map(({ spec }) => spec.taskName).join(', ')}`);
  return `${Number(observed('survey')['files'])} files, ${Number(passed)} tests passed by ${framework}, ${Number(observed('faults')['findings'])} findings`;
}

async function keepTranscript({ registry, name, version }: Package, shown: string): Promise<void> {
  const folder = join(root, 'e2e', 'results', 'packages');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${basename(name)}.md`), `# ${name} ${version}, as published on ${registry}\n\n\`\`\`\`text\n${shown.trimEnd()}\n\`\`\`\`\n`);
}
