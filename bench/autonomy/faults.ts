// What is done to missions, one thing to each: how it is done, and what shows that it really happened.
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import type { Policy } from '#testing/llm/policy.ts';
import { eventually, type World } from '#testing/world.ts';
import type { Call, Hand } from './front.ts';
import type { Run } from './missions.ts';
import { badPlan, wrongFix } from './model.ts';
import { agentsOf, isAlive, killTestRuns } from './processes.ts';
import type { Repository } from './repository.ts';

/** Where a fault happens. */
export interface Scene {
  readonly world: World;
  readonly repository: Repository;
  readonly namespace: string;
  readonly run: Run;
  /** Tasks of the mission as they are now. */
  readonly tasks: () => Promise<readonly Task[]>;
  /** Keeps a word about what was done. */
  readonly note: (word: string) => void;
}

/** What there is to see when a mission has ended. */
export interface Aftermath {
  readonly mission: Mission;
  readonly tasks: readonly Task[];
  /** All plans of the mission, oldest first. */
  readonly plans: readonly Plan[];
  readonly notes: readonly string[];
}

/** One way to make a mission hard. */
export interface Fault {
  readonly name: string;
  readonly what: string;
  /** How the model answers first; unset when the fault is none of the model. */
  readonly script?: Policy;
  /** What happens on calls of models; unset when the fault is one of the model alone. */
  readonly hand?: (scene: Scene) => Hand;
  /** What shows that it happened; undefined when nothing does, and then nothing was measured. */
  readonly seen: (aftermath: Aftermath) => string | undefined;
}

const planCallsRefused = 3;
const coderCallsRefused = 5;

const toolError: Fault = {
  name: 'tool error',
  what: 'the process of the first run of tests that the model asks for is killed',
  hand: (scene) => {
    let hunt: Promise<void> | undefined;
    const over = new AbortController();
    const killed: number[] = [];
    return async (call) => {
      if (call.by !== 'coder') return 'pass';
      hunt ??= agentsOf(scene.world, scene.namespace).then((agents) => killTestRuns([...agents.values()], killed, over.signal));
      // A run that was over before anybody saw it is not the last one: the hunt goes on until one was killed, and some call tells of it.
      if (killed.length === 0) return 'pass';
      over.abort();
      await hunt;
      const told = wordOfKill(call);
      if (told !== undefined) scene.note(`the model was told: ${told}`);
      return 'pass';
    };
  },
  seen: ({ notes }) => notes.find((note) => note.startsWith('the model was told')),
};

function wordOfKill({ body }: Call): string | undefined {
  return /killed by the system[^"\\]*|SIGKILL|exit code: 137|did not end by themselves[^"\\]*/.exec(body)?.[0];
}

const storm: Fault = {
  name: '529 storm',
  what: `the first ${planCallsRefused} calls of the planner and the first ${coderCallsRefused} of the coder are answered with 529`,
  hand: ({ note }) => async ({ by, before }) => {
    if (before >= (by === 'planner' ? planCallsRefused : coderCallsRefused)) return 'pass';
    note(by);
    return 'overloaded';
  },
  seen: ({ notes }) => (notes.filter((by) => by === 'planner').length === planCallsRefused && notes.filter((by) => by === 'coder').length === coderCallsRefused ? `${notes.length} calls were answered with 529` : undefined),
};

const agentKilled: Fault = {
  name: 'agent killed',
  what: 'while the model thinks, kill -9 of the process of the agent that asked it',
  hand: onFirstOfCoder(async ({ world, namespace, tasks, note }) => {
    const agent = await eventually('the agent that mends is known', 30, async () => (await tasks()).find(({ spec, status }) => spec.type === 'Coder' && status?.outcome === undefined)?.status?.assignment?.agent);
    const pid = (await agentsOf(world, namespace)).get(agent);
    if (pid === undefined) return;
    process.kill(pid, 'SIGKILL');
    await eventually('the process is gone', 10, async () => !(await isAlive(pid)));
    note(agent);
  }),
  seen: ({ tasks, notes: [agent] }) => {
    const lost = tasks.flatMap(({ status }) => status?.attempts ?? []).find((attempt) => attempt.agent === agent && agent !== undefined);
    return lost && `attempt ${lost.attempt}: ${lost.reason}: ${lost.message}`;
  },
};

const wrongFixByModel: Fault = {
  name: 'wrong fix',
  what: 'the model skips the test that fails and says that it is done',
  script: wrongFix,
  seen: ({ plans }) => plans.find(({ spec }) => spec.revises?.reason === 'GoalsUnmet')?.spec.revises?.message,
};

const badPlanByModel: Fault = {
  name: 'bad plan',
  what: 'a plan that keeps every rule, and in which nobody writes code',
  script: badPlan,
  seen: ({ plans: [first, second] }) => (first?.spec.tasks.some(({ type }) => type === 'Coder') === false ? second?.spec.revises?.message : undefined),
};

const staleWorkspace: Fault = {
  name: 'stale workspace',
  what: 'while the model thinks, somebody pushes a commit to the branch that touches every source and adds one with a test',
  hand: onFirstOfCoder(async ({ repository, run, note }) => note(await repository.moveOn(run.name, run.mission))),
  // The agent had its files before: it asked the model about them.
  seen: ({ mission, notes: [pushed] }) => pushed && `${pushed.slice(0, 8)} was pushed meanwhile; the mission went on from ${mission.status?.workspace?.commit?.slice(0, 8) ?? 'nothing that ended well'}`,
};

/** Does something while the first call of the coder waits for its answer. */
function onFirstOfCoder(act: (scene: Scene) => Promise<void>): (scene: Scene) => Hand {
  return (scene) => async ({ by, before }) => {
    if (by === 'coder' && before === 0) await act(scene);
    return 'pass';
  };
}

/** All of them. */
export const faults: readonly Fault[] = [toolError, storm, agentKilled, wrongFixByModel, badPlanByModel, staleWorkspace];
