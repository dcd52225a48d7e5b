// Whole missions, turn by turn: what is created, what agents answer, and what the mission says at its end.
import { expect, test } from 'vitest';
import type { Task } from '#api/v1alpha1/task.ts';
import { dependencyVerdict } from '#domain/dependency.ts';
import { aMission, type MissionBuilder } from '#testing/builders/mission.ts';
import { type TaskBuilder, taskOf } from '#testing/builders/task.ts';
import { decideMission } from './decide/index.ts';
import type { MissionView } from './decide/view.ts';
import { applied, conditionsOf, failed, lines, succeeded, t0, viewOf } from './testing.ts';

type Answers = Readonly<Record<string, (task: TaskBuilder) => TaskBuilder>>;

const patch = { type: 'Coder', intent: { action: 'FormatCode' } };
const repository = { workspace: { git: { url: 'https://git.example/r' } } };
const checked = aMission().spec(repository).withTask('fix', patch).withCheck('tests', { command: { command: ['npm', 'test'] } });
/** Changed the files and says that all is well. */
const claims = (task: TaskBuilder) => task.ended('Succeeded').status({ claimed: { testsPass: true }, workspace: { commit: 'c0', outputCommit: 'c1', treeBefore: 'base', treeAfter: 'fixed' } });
const finds = (exitCode: number) => (task: TaskBuilder) => task.ended(exitCode === 0 ? 'Succeeded' : 'Failed').assigned('agent-2').status({ observed: { exitCode }, workspace: { commit: 'c0', treeBefore: 'fixed', treeAfter: 'fixed' } });

/** One task after the other that may start gets its answer; the lines are what the mission decided in between. */
function play(mission: MissionBuilder, answers: Answers): { readonly log: readonly string[]; readonly view: MissionView } {
  const log: string[] = [];
  let view = viewOf(mission.build());
  for (let turn = 0; turn < 20; turn += 1) {
    const decision = decideMission(view, t0);
    log.push(...lines(view, decision));
    view = applied(view, decision);
    const ended = decision.status?.completionTime !== undefined;
    if (ended) log.push(`Succeeded=${conditionsOf(decision)['Succeeded'] ?? ''}`);
    const next = decision.intents.length > 0 ? undefined : view.tasks.find((task) => mayStart(task, view.tasks));
    if (ended || (next === undefined && decision.intents.length === 0)) return { log, view };
    if (next !== undefined) view = answered(view, next, answers, log);
  }
  throw new Error(`play mission: it did not end within 20 turns: ${log.join('; ')}`);
}

function mayStart({ spec, status }: Task, tasks: readonly Task[]): boolean {
  const satisfied = (name: string) => {
    const dependency = tasks.find((task) => task.spec.taskName === name);
    return dependency !== undefined && dependencyVerdict(dependency) === 'satisfied';
  };
  return status?.outcome === undefined && spec.dependsOn.every(satisfied);
}

function answered(view: MissionView, task: Task, answers: Answers, log: string[]): MissionView {
  const name = task.spec.taskName ?? '';
  const { status } = (answers[name] ?? succeeded)(taskOf(view.mission, name)).build();
  log.push(`${name}: ${status?.outcome?.result ?? ''}`);
  return { ...view, tasks: view.tasks.map((other) => (other === task && status !== undefined ? { ...task, status } : other)) };
}

test('a task that lies about its work fails the mission: somebody else looked', () => {
  const { log, view } = play(checked, { fix: claims, 'verify-tests': finds(1) });
  expect(log).toEqual(['create fix', 'create verify-tests', 'fix: Succeeded', 'verify-tests: Failed', 'Succeeded=False/GoalsUnmet']);
  expect(view.mission.status?.goals).toEqual([
    {
      name: 'tests',
      state: 'Unmet',
      reason: 'CommandFailed',
      evidence: 'npm test ended with 1, not 0 on agent agent-2 (tree fixed, attempt 1)',
      proof: { task: 'verify-tests', agent: 'agent-2', tree: 'fixed', command: 'npm test', exitCode: 1 },
      checkedTime: '2026-01-01T00:00:00Z',
    },
  ]);
});

test('the commit is pushed only after the goals are met, and finally runs after it', () => {
  const mission = checked.spec({ outputs: { git: { branch: 'fix', mode: 'Push' } } }).withFinally('report');
  const { log, view } = play(mission, { fix: claims, 'verify-tests': finds(0) });
  expect(log).toEqual(['create fix', 'create verify-tests', 'fix: Succeeded', 'verify-tests: Succeeded', 'create push-output', 'push-output: Succeeded', 'create report', 'report: Succeeded', 'Succeeded=True/GoalsMet']);
  expect(view.mission.status).toMatchObject({ tasksDone: '4/4', goalsMet: '1/1', outputs: { git: { commit: 'c1', branch: 'fix', state: 'Pushed' } } });
});

test('a lie is not pushed, and finally tells of it', () => {
  const mission = checked.spec({ outputs: { git: { branch: 'fix', mode: 'Push' } } }).withFinally('report');
  const { log, view } = play(mission, { fix: claims, 'verify-tests': finds(1) });
  expect(log).toEqual(['create fix', 'create verify-tests', 'fix: Succeeded', 'verify-tests: Failed', 'create report', 'report: Succeeded', 'Succeeded=False/GoalsUnmet']);
  expect(view.mission.status).toMatchObject({ tasksDone: '3/3', goalsMet: '0/1', plan: { taskCount: 3, createdThrough: 3 } });
  expect(view.mission.status).not.toHaveProperty('outputs');
});

test('a failure cancels what is left, finally runs, and the mission has failed for that failure', () => {
  const mission = checked.withTask('slow', { after: ['fix'] }).withFinally('report').withFinally('notify', { after: ['report'] });
  const { log } = play(mission, { fix: failed });
  expect(log).toEqual([
    'create fix',
    'create slow',
    'create verify-tests',
    'fix: Failed',
    'Cancelled slow/MissionFailed',
    'Cancelled verify-tests/MissionFailed',
    'create report',
    'create notify',
    'report: Succeeded',
    'notify: Succeeded',
    'Succeeded=False/TaskFailed',
  ]);
});
