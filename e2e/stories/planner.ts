// A goal in words becomes a plan, the plan an object, and the object work: through the gateway, which alone has the key and pays by a budget.
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import { eventually, providerKey, systemNamespace } from '#testing/world.ts';
import { sumFiles } from '../mission.ts';
import { must, type Story, type StoryWorld } from '../story.ts';

const namespace = 'planned';
const roles = { agentTypes: ['Analyzer', 'Coder', 'Tester'] };

function mission(name: string, spec: object = {}): object {
  return {
    apiVersion: 'coditect.ai/v1alpha1',
    kind: 'Mission',
    metadata: { name, namespace },
    spec: {
      // Equal questions may have one answer.
      goal: `Tell me whether this repository is in order, and what rests on what (${name}).`,
      planner: {},
      workspace: { configMap: { name: 'files' } },
      goals: [
        { name: 'imports-were-followed', check: { expression: 'tasks["analyze-imports"].observed.importEdges > 0' } },
        { name: 'files-are-untouched', check: { command: { command: ['git', 'diff', '--quiet', 'HEAD'], timeoutSeconds: 60 } } },
      ],
      ...spec,
    },
  };
}

const read = async <T>(world: StoryWorld, what: string) => JSON.parse(await world.kubectl('get', what, '-n', namespace, '-o', 'json')) as T;
const conditionOf = ({ status }: Mission, type: string) => status?.conditions?.find((condition) => condition.type === type);

function until(world: StoryWorld, name: string, what: string, isSo: (mission: Mission) => boolean): Promise<Mission> {
  return eventually(`mission ${name} ${what}`, 60, async () => {
    const found = await read<Mission>(world, `missions.coditect.ai/${name}`);
    return isSo(found) ? found : undefined;
  });
}

const plansOf = async (world: StoryWorld) => (await read<{ items: Plan[] }>(world, 'plans.coditect.ai')).items;
const callsOf = ({ models }: StoryWorld) => models.requests().filter(({ path, usage }) => path === '/v1/messages' && usage !== undefined).length;

export const plannerStory: Story = {
  name: 'a goal without tasks is planned through the LLM gateway, once, within its budget, and carried out',
  limitSeconds: 240,
  async run(world) {
    await world.namespace(namespace, roles);
    await world.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'files', namespace }, data: sumFiles });
    const said = [await goalOnly(world), await poor(world), await interrupted(world), await overloaded(world), await askedAnew(world)];
    await nothingLeaked(world);
    return said.join('\n');
  },
};

async function goalOnly(world: StoryWorld): Promise<string> {
  const before = callsOf(world);
  await world.apply(mission('goal-only'));
  const done = await until(world, 'goal-only', 'ends', ({ status }) => status?.completionTime !== undefined);
  const succeeded = conditionOf(done, 'Succeeded');
  must(succeeded?.reason === 'GoalsMet', `goal-only ended as ${succeeded?.reason}: ${succeeded?.message} ${JSON.stringify(done.status?.failedTasks)}`);
  must(callsOf(world) === before + 1, `the model was asked ${callsOf(world) - before} times`);
  const plan = await planOf(world, done);
  await world.kubectl('patch', 'missions.coditect.ai/goal-only', '-n', namespace, '--type=merge', '-p', '{"spec":{"runRequest":"again"}}');
  await until(world, 'goal-only', 'ran again', ({ status }) => status?.runNumber === 2 && status.completionTime !== undefined);
  must(callsOf(world) === before + 1, 'a second run asked the model again');
  return `${plan.spec.tasks.length} tasks planned by one call of ${plan.spec.usage.costUsd} USD (simulated), run twice`;
}

/** Tokens of a prompt, wherever the provider had them from. */
function tokensRead({ input_tokens: fresh, cache_read_input_tokens: read, cache_creation_input_tokens: written }: { readonly input_tokens: number; readonly cache_read_input_tokens?: number | null; readonly cache_creation_input_tokens?: number | null }): number {
  return fresh + (read ?? 0) + (written ?? 0);
}

/** The plan that a status names; it counts the tokens that the provider counts. */
async function planOf(world: StoryWorld, { status }: Mission): Promise<Plan> {
  const plan = (await plansOf(world)).find(({ metadata }) => metadata.name === status?.plan?.name);
  must(plan?.spec.verdict === 'Accepted' && status?.plan?.source === 'Planner', `the status does not name the plan: ${JSON.stringify(status?.plan)}`);
  const last = world.models.requests().findLast(({ usage }) => usage !== undefined)?.usage;
  const { inputTokens, outputTokens } = plan.spec.usage;
  must(last !== undefined && tokensRead(last) === inputTokens && last.output_tokens === outputTokens, `the plan counts other tokens than the provider: ${JSON.stringify(plan.spec.usage)} and ${JSON.stringify(last)}`);
  return plan;
}

/** A budget that the first call could exceed: nothing is sent, and a raised one wakes the mission. */
async function poor(world: StoryWorld): Promise<string> {
  const before = world.models.requests().length;
  await world.apply(mission('poor', { budget: { maxCostUsd: '0.0001' } }));
  const refused = await until(world, 'poor', 'is refused', (found) => conditionOf(found, 'Accepted')?.reason === 'PlanRefused');
  must(world.models.requests().length === before, 'a call was sent that the budget does not allow');
  await world.apply(mission('poor', { budget: { maxCostUsd: '2.00' } }));
  await until(world, 'poor', 'is planned after the budget was raised', ({ status }) => status?.plan?.name !== undefined);
  return `poor: ${conditionOf(refused, 'Accepted')?.message}`;
}

/** The operator is killed while the model thinks: at most one call more, and one plan. */
async function interrupted(world: StoryWorld): Promise<string> {
  const before = callsOf(world);
  world.models.fail({ kind: 'slowFirstByte', ms: 3000 }, { next: 1 });
  const asked = world.models.requests().length;
  await world.apply(mission('interrupted'));
  await eventually('the model is asked', 30, async () => world.models.requests().length > asked);
  await world.kubectl('delete', 'pod', '-n', systemNamespace, '-l', 'app.kubernetes.io/component=operator', '--grace-period=0', '--force');
  await until(world, 'interrupted', 'is planned by the next leader', ({ status }) => status?.plan?.name !== undefined);
  const plans = (await plansOf(world)).filter(({ spec }) => spec.missionRef.name === 'interrupted');
  must(plans.length === 1, `there are ${plans.length} plans`);
  must(callsOf(world) - before <= 2, `the model was paid ${callsOf(world) - before} times`);
  return `interrupted: ${callsOf(world) - before} paid calls, one plan`;
}

/** The provider is overloaded at first: the mission says so, and is planned all the same. */
async function overloaded(world: StoryWorld): Promise<string> {
  const healed = world.models.fail({ kind: 'overloaded' }, { every: 1 });
  await world.apply(mission('overloaded'));
  const waiting = await until(world, 'overloaded', 'waits', (found) => /asked again/.test(conditionOf(found, 'Succeeded')?.message ?? ''));
  healed();
  await until(world, 'overloaded', 'is planned', ({ status }) => status?.plan?.name !== undefined);
  return `overloaded: ${conditionOf(waiting, 'Succeeded')?.message}`;
}

/** A mission that failed asks something else, in one edit: another plan, another run. */
async function askedAnew(world: StoryWorld): Promise<string> {
  const goals = (edges: number) => [{ name: 'imports', check: { expression: `tasks["analyze-imports"].observed.importEdges > ${edges}` } }];
  await world.apply(mission('asked-anew', { goals: goals(1000) }));
  await until(world, 'asked-anew', 'fails', (found) => conditionOf(found, 'Succeeded')?.reason === 'GoalsUnmet');
  await world.apply(mission('asked-anew', { goals: goals(0), goal: 'Tell me what rests on what.', runRequest: 'second' }));
  const done = await until(world, 'asked-anew', 'ran again', ({ status }) => status?.runNumber === 2 && status.completionTime !== undefined);
  must(conditionOf(done, 'Succeeded')?.status === 'True' && done.status?.plan?.revision === 2, `the second run: ${JSON.stringify([conditionOf(done, 'Succeeded'), done.status?.plan])}`);
  return `asked anew after a failure: revision ${done.status.plan.revision}`;
}

/** The key is in its Secret and nowhere else that people or programs can read. */
async function nothingLeaked(world: StoryWorld): Promise<void> {
  const objects = await world.kubectl('get', 'missions.coditect.ai,plans.coditect.ai,tasks.coditect.ai,agentpools.coditect.ai,pods,configmaps,events', '-A', '-o', 'json');
  const logs = await Promise.all(['operator', 'llm-gateway'].map((component) => world.kubectl('logs', '-n', systemNamespace, '-l', `app.kubernetes.io/component=${component}`, '--tail=-1')));
  must(![objects, ...logs].some((text) => text.includes(providerKey)), 'the key of the provider is in an object or a log');
  must(!logs.some((text) => text.includes('what rests on what')), 'the goal of a mission, which is part of a prompt, is in a log');
}
