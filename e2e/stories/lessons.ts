// What one mission has learned is another one's gain: the memory is turned on in the running installation, and the second mission of a kind makes the better plan at once.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LessonsAnswer } from '#api/memory.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { inNamespace } from '#cli/demo/repository.ts';
import { findChroma, startChroma } from '#devcluster/services/chroma/index.ts';
import { settingsFrom } from '#devcluster/settings.ts';
import { learningPolicy } from '#testing/llm/policies/plan/learn.ts';
import { type Policy, textOf } from '#testing/llm/policy.ts';
import { eventually, objectsOf, root, systemNamespace } from '#testing/world.ts';
import { must, type Story, type StoryWorld } from '../story.ts';

const run = promisify(execFile);
const namespace = 'taught';
const found = findChroma(settingsFrom(process.env));

/** By these words a mission asks for a planner that learns. */
const learnWords = 'Learn from what was done before.';

/** The planner of this story; others are planned by others. */
export const taughtPolicy: Policy = (request) => (request.tools.length === 0 && request.turns.some((turn) => turn.role === 'user' && textOf(turn).includes(learnWords)) ? learningPolicy(request) : undefined);

export const lessonsStory: Story = {
  name: 'the second mission of a kind is told what became of the plans of the first, cites it, and is planned once',
  limitSeconds: 300,
  skip: ({ events }) => (events === undefined ? 'there is no event log here, so there is no mirror' : found.kind === 'absent' ? found.reason : undefined),
  async run(world) {
    if (found.kind === 'absent') return found.reason;
    const folder = await mkdtemp(join(tmpdir(), 'coditect-e2e-chroma-'));
    const server = await startChroma({ file: found.file, folder });
    try {
      await remember(world, [`CODITECT_CHROMA_URL=${server.url}`, 'CODITECT_CHROMA_INSECURE=true', 'CODITECT_EMBEDDER=hashing'], 'CODITECT_MEMORY=Mirror');
      return await taught(world);
    } finally {
      await remember(world, ['CODITECT_CHROMA_URL-', 'CODITECT_CHROMA_INSECURE-', 'CODITECT_EMBEDDER-'], 'CODITECT_MEMORY-');
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Tells the mirror and the operator of a memory, or that there is none any more. */
async function remember({ kubectl }: StoryWorld, mirror: readonly string[], operator: string): Promise<void> {
  await kubectl('-n', systemNamespace, 'set', 'env', 'statefulset/coditect-mirror', ...mirror);
  await kubectl('-n', systemNamespace, 'set', 'env', 'deployment/coditect-operator', operator);
  await kubectl('-n', systemNamespace, 'rollout', 'status', 'statefulset/coditect-mirror', '--timeout=90s');
  await kubectl('-n', systemNamespace, 'rollout', 'status', 'deployment/coditect-operator', '--timeout=90s');
}

async function taught(world: StoryWorld): Promise<string> {
  await world.namespace(namespace, { agentTypes: ['Coder', 'Tester'] });
  const access = await objectsOf(join(root, 'config', 'samples', '02-access.yaml'));
  await world.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'files', namespace }, data: files }, ...access.map((object) => inNamespace(object, namespace)));
  const first = await carriedOut(world, 'first');
  must(first.plans.length === 2 && first.plans.every(({ spec }) => spec.lessons === undefined), `the first mission was planned ${first.plans.length} times, or was told something: ${JSON.stringify(first.plans.map(({ spec }) => spec.lessons))}`);
  await eventually('the lessons of the first mission are kept', 60, async () => (await lessonsOf(world, 'first').catch(() => undefined))?.left.length === 2);
  const second = await carriedOut(world, 'second');
  const [plan] = second.plans;
  must(second.plans.length === 1 && plan !== undefined, `the second mission was planned ${second.plans.length} times`);
  const tasks = (JSON.parse(await world.kubectl('get', 'tasks.coditect.ai', '-n', namespace, '-o', 'json')) as { items: Task[] }).items;
  const own = new Set(tasks.filter(({ spec }) => spec.missionRef?.name === 'first').map(({ metadata }) => metadata.uid));
  must(plan.spec.lessons?.length === 2 && plan.spec.lessons.every((uid) => own.has(uid)), `the plan cites ${JSON.stringify(plan.spec.lessons)}, which are not tasks of the first mission`);
  must(second.costUsd < first.costUsd, `the second mission cost ${second.costUsd} USD, the first one ${first.costUsd}`);
  await eventually('people read what the second mission was given', 60, async () => (await lessonsOf(world, 'second')).given[0]?.lessons.length === 2);
  return `first: 2 plans, ${first.costUsd} USD; second: 1 plan, ${second.costUsd} USD (simulated)`;
}

const files = {
  'package.json': '{"type":"module","scripts":{"test":"node --test","format":"node --version"}}\n',
  'sum.js': 'export const sum = (a, b) => a - b;\n',
  'sum.test.js': "import assert from 'node:assert/strict';\nimport test from 'node:test';\nimport { sum } from './sum.js';\ntest('adds', () => assert.equal(sum(2, 3), 5));\n",
};

/** Its words make formatting look like the way; only mending helps. */
function missionOf(name: string): object {
  return {
    apiVersion: 'coditect.ai/v1alpha1',
    kind: 'Mission',
    metadata: { name, namespace },
    spec: {
      goal: `${learnWords} Mend the ${name} sum, so that its test passes.`,
      failurePolicy: 'Replan',
      planner: { maxTasks: 2, maxReplans: 2 },
      budget: { maxCostUsd: '2.00' },
      workspace: { configMap: { name: 'files' } },
      goals: [{ name: 'adds', description: 'The format of the code is right.', check: { command: { command: ['node', '--test'], from: 'mend', protect: ['sum.test.js'], timeoutSeconds: 60 } } }],
    },
  };
}

interface Carried {
  readonly plans: readonly Plan[];
  readonly costUsd: number;
}

async function carriedOut(world: StoryWorld, name: string): Promise<Carried> {
  await world.apply(missionOf(name));
  const mission = await eventually(`mission ${name} ends, and its cost is told`, 120, async () => {
    const now = JSON.parse(await world.kubectl('get', `missions.coditect.ai/${name}`, '-n', namespace, '-o', 'json')) as Mission;
    // The last of the cost is told after the end.
    return now.status?.completionTime === undefined || now.status.usage?.settledTime === undefined ? undefined : now;
  });
  const { items } = JSON.parse(await world.kubectl('get', 'plans.coditect.ai', '-n', namespace, '-o', 'json')) as { items: Plan[] };
  const succeeded = mission.status?.conditions?.find(({ type }) => type === 'Succeeded');
  const plans = items.filter(({ spec }) => spec.missionRef.name === name);
  must(succeeded?.status === 'True', `mission ${name} ended as ${succeeded?.reason}: ${succeeded?.message}\n${plans.map(shown).join('\n')}`);
  return { plans, costUsd: Number(mission.status?.usage?.costUsd ?? 0) };
}

/** What of a plan says why it is as it is. */
function shown({ spec: { revision, verdict, tasks, faults, lessons = [] } }: Plan): string {
  return `plan ${revision} ${verdict}, told ${lessons.length} lessons: ${tasks.map(({ name, intent }) => `${name} ${intent.action}`).join(', ')} ${faults.join('; ')}`;
}

/** As `kubectl mission lessons` tells them. */
async function lessonsOf(world: StoryWorld, name: string): Promise<LessonsAnswer> {
  const { stdout } = await run(process.execPath, ['cli/main.ts', 'lessons', name, '-n', namespace, '-o', 'json', '--kubeconfig', world.cluster.kubeconfig], { cwd: root });
  return LessonsAnswer.parse(JSON.parse(stdout));
}
