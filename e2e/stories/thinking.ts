// A goal in words and a repository with a fault: people approve the plan, a model takes the wrong way, another agent and a judge find it out, another
// plan is made and approved, and the change that comes of it is proven. The models are scripts.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { AwaitedApproval, GoalStatus, Mission, MissionUsage } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { withGitUrl } from '#cli/demo/repository.ts';
import { approvalObject } from '#cli/world/approvals.ts';
import { eventually, root } from '#testing/world.ts';
import { must, type Story, type StoryWorld } from '../story.ts';
import { logOf, settled } from './events.ts';

const namespace = 'thinking';

export const thinkingStory: Story = {
  name: 'a goal and a fault: people approve the plan, a wrong fix is found out and planned anew, another agent proves the right one, and the status says what it cost',
  limitSeconds: 180,
  async run(world) {
    await world.namespace(namespace, { agentTypes: ['Analyzer', 'Coder', 'Tester'] });
    const mission = parse(withGitUrl(await readFile(join(root, 'config', 'samples', 'goal-mission.yaml'), 'utf8'), world.gitUrl)) as { metadata: { name: string; namespace?: string } };
    mission.metadata.namespace = namespace;
    const before = world.models.usage();
    await world.apply(mission);
    await approveFirst(world);
    const unmet = await approveSecond(world);
    const mend = await proven(world);
    const usage = await counted(world, before);
    await lookedAround(world);
    return `first: ${unmet}; then ${usage.calls} calls, ${usage.costUsd} USD (simulated); ${JSON.stringify(mend.status?.observed)}`;
  },
};

const read = async <T>(world: StoryWorld, what: string) => JSON.parse(await world.kubectl('get', what, '-n', namespace, '-o', 'json')) as T;
const missionOf = (world: StoryWorld) => read<Mission>(world, 'missions.coditect.ai/mend');
const tasksOf = async (world: StoryWorld) => (await read<{ items: Task[] }>(world, 'tasks.coditect.ai')).items;
const succeededOf = ({ status }: Mission) => status?.conditions?.find(({ type }) => type === 'Succeeded');

/** Nothing runs before somebody says yes in their own name. */
async function approveFirst(world: StoryWorld): Promise<void> {
  const { mission, asked } = await askedFor(world, 1);
  must((await tasksOf(world)).length === 0, 'tasks were made before the plan was approved');
  const forged = await say(world, { mission, asked, approver: 'somebody-else' });
  must(forged.code !== 0 && forged.stderr.includes('approver'), `an approval in the name of somebody else was taken: ${forged.stdout}${forged.stderr}`);
  await approve(world, mission, asked);
}

/** The wrong fix is found out by the goals, and the plan in its place says why it is there. */
async function approveSecond(world: StoryWorld): Promise<string> {
  const { mission, asked } = await askedFor(world, 2);
  const plan = await read<Plan>(world, `plans.coditect.ai/${asked.name}`);
  must(plan.spec.revises?.reason === 'GoalsUnmet' && plan.spec.revises.kept.length > 0, `the second plan does not revise the first: ${JSON.stringify(plan.spec.revises)}`);
  const goals = new Map(mission.status?.goals?.map((goal) => [goal.name, goal]));
  const [tests, judged] = [goals.get('tests-pass'), goals.get('cause-was-mended')];
  must(tests?.state === 'Unmet' && tests.evidence.includes('restored'), `the bent test was not found out: ${JSON.stringify(tests)}`);
  must(judged?.state === 'Unmet', `the judge let it pass: ${JSON.stringify(judged)}`);
  await approve(world, mission, asked);
  return tests.evidence.slice(0, 120);
}

/** Agents see their mission by way of the mirror, and what they did is told there. */
async function lookedAround(world: StoryWorld): Promise<void> {
  if (world.events === undefined) return;
  const log = logOf(world);
  await eventually('an agent has looked around in its mission', 30, async () => {
    const acts = (await settled(world, log, namespace)).flatMap(({ data }) => ('tool' in data && data.tool === 'look_around' ? [data.outcome] : []));
    must(acts.every((outcome) => outcome === 'done'), `a look around failed: ${acts.join(', ')}`);
    return acts.length > 0;
  });
}

interface Saying {
  readonly mission: Mission;
  readonly asked: AwaitedApproval;
  readonly approver: string;
}

/** What people are asked about the plan of a revision. */
function askedFor(world: StoryWorld, revision: number): Promise<Omit<Saying, 'approver'>> {
  return eventually(`people are asked about plan ${revision}`, 90, async () => {
    const mission = await missionOf(world);
    const ended = succeededOf(mission);
    must(ended?.status !== 'False', `it ended before plan ${revision}: ${ended?.reason}: ${ended?.message}`);
    const asked = mission.status?.approvals?.find(({ kind, question }) => kind === 'Plan' && question.startsWith(`May plan ${revision} run?`));
    return asked === undefined ? undefined : { mission, asked };
  });
}

async function approve(world: StoryWorld, mission: Mission, asked: AwaitedApproval): Promise<void> {
  const { status } = JSON.parse(await world.kubectl('auth', 'whoami', '-o', 'json')) as { status: { userInfo: { username: string } } };
  const said = await say(world, { mission, asked, approver: status.userInfo.username });
  must(said.code === 0, `the approval was refused: ${said.stderr}`);
}

function say(world: StoryWorld, { mission, asked, approver }: Saying) {
  return world.tryKubectl(['create', '-f', '-'], stringify(approvalObject(mission, asked, { decision: 'Approve', approver })));
}

type Told = ReturnType<StoryWorld['models']['usage']>;

/** What the mission has used, once its status counts as the provider does; the last calls are told a moment after its end. */
function counted(world: StoryWorld, before: Told): Promise<MissionUsage> {
  let said: unknown;
  return eventually(() => `the status counts as the provider does: ${JSON.stringify(said)}`, 30, async () => {
    const [{ status }, after] = [await missionOf(world), world.models.usage()];
    const [usage, calls, outputTokens] = [status?.usage, after.answered - before.answered, after.outputTokens - before.outputTokens];
    said = { usage, before, after };
    return usage?.calls === calls && usage.outputTokens === outputTokens && usage.settledTime !== undefined ? usage : undefined;
  });
}

/** The task that wrote the code, once the mission has ended well and others have proven it. */
async function proven(world: StoryWorld): Promise<Task> {
  const done = await eventually('the mission ends', 90, async () => {
    const found = await missionOf(world);
    return found.status?.completionTime === undefined ? undefined : found;
  });
  const items = await tasksOf(world);
  const succeeded = succeededOf(done);
  must(succeeded?.reason === 'GoalsMet', `it ended as ${succeeded?.reason}: ${succeeded?.message}; ${items.map(endOf).join('; ')}`);
  const mends = items.filter((task) => task.spec.taskName === 'mend' && hasChanged(task)).toSorted((a, b) => revisionOf(a) - revisionOf(b));
  const mend = mends.at(-1);
  must(mend !== undefined && mends.length === 2, `not two tasks mend changed a file: ${items.map(endOf).join('; ')}`);
  for (const goal of ['tests-pass', 'cause-was-mended']) must(proofOf(done, goal).agent !== mend.status?.assignment?.agent, `who wrote the code has proven ${goal}`);
  return mend;
}

function revisionOf({ metadata }: Task): number {
  return Number(metadata.labels?.['coditect.ai/plan-revision'] ?? 0);
}

function proofOf({ status }: Mission, name: string): NonNullable<GoalStatus['proof']> {
  const proof = status?.goals?.find((goal) => goal.name === name)?.proof;
  must(proof !== undefined, `nobody has proven ${name}`);
  return proof;
}

function endOf({ spec, status }: Task): string {
  return `${spec.taskName} ${status?.outcome?.result}: ${status?.outcome?.message}`;
}

function hasChanged({ status }: Task): boolean {
  return status?.workspace !== undefined && status.workspace.treeBefore !== status.workspace.treeAfter;
}
