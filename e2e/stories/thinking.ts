// A goal in words, a repository with a fault, and nothing else: a plan is made, code is written, another agent proves it. The models are scripts.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { withGitUrl } from '#cli/demo/repository.ts';
import { eventually, root } from '#testing/world.ts';
import { must, type Story, type StoryWorld } from '../story.ts';

const namespace = 'thinking';

export const thinkingStory: Story = {
  name: 'a goal and a fault: a model plans, a model mends, another agent proves it, and the status says what it cost',
  limitSeconds: 150,
  async run(world) {
    await world.namespace(namespace, { agentTypes: ['Analyzer', 'Coder', 'Tester'] });
    const mission = parse(withGitUrl(await readFile(join(root, 'config', 'samples', 'goal-mission.yaml'), 'utf8'), world.gitUrl)) as { metadata: { name: string; namespace?: string } };
    mission.metadata.namespace = namespace;
    const before = world.models.usage();
    await world.apply(mission);
    const mend = await proven(world);
    const usage = await eventually('the cost is in the status', 20, async () => settled(await missionOf(world)));
    const after = world.models.usage();
    must(usage.calls === after.answered - before.answered && usage.outputTokens === after.outputTokens - before.outputTokens, `the status counts otherwise than the provider: ${JSON.stringify([usage, before, after])}`);
    return `${usage.calls} calls, ${usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens} tokens in, ${usage.costUsd} USD (simulated); ${JSON.stringify(mend.status?.observed)}`;
  },
};

const read = async <T>(world: StoryWorld, what: string) => JSON.parse(await world.kubectl('get', what, '-n', namespace, '-o', 'json')) as T;
const missionOf = (world: StoryWorld) => read<Mission>(world, 'missions.coditect.ai/mend');

/** The usage of a mission once nothing is in flight. */
function settled({ status }: Mission): NonNullable<Mission['status']>['usage'] {
  return Number(status?.usage?.reservedUsd) === 0 ? status?.usage : undefined;
}

/** The task that wrote the code, once the mission has ended well and somebody else has proven it. */
async function proven(world: StoryWorld): Promise<Task> {
  const done = await eventually('the mission ends', 90, async () => {
    const found = await missionOf(world);
    return found.status?.completionTime === undefined ? undefined : found;
  });
  const { items } = await read<{ items: Task[] }>(world, 'tasks.coditect.ai');
  const succeeded = done.status?.conditions?.find(({ type }) => type === 'Succeeded');
  must(succeeded?.reason === 'GoalsMet', `it ended as ${succeeded?.reason}: ${succeeded?.message}; ${items.map(endOf).join('; ')}`);
  const mend = items.find((task) => task.spec.taskName === 'mend' && hasChanged(task));
  must(mend !== undefined, `no task mend changed a file: ${items.map(endOf).join('; ')}`);
  must(verifierOf(done) !== mend.status?.assignment?.agent, 'who wrote the code has proven it');
  return mend;
}

function verifierOf({ status }: Mission): string {
  const proof = status?.goals?.find(({ name }) => name === 'tests-pass')?.proof;
  must(proof !== undefined, 'nobody has proven that the tests pass');
  return proof.agent;
}

function endOf({ spec, status }: Task): string {
  return `${spec.taskName} ${status?.outcome?.result}: ${status?.outcome?.message}`;
}

function hasChanged({ status }: Task): boolean {
  return status?.workspace !== undefined && status.workspace.treeBefore !== status.workspace.treeAfter;
}
