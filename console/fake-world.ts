// A cluster for tests and pictures: one mission in the middle of its work with a past, some that have ended, and as many more as a test wants.
import type { AgentPool } from '#api/v1alpha1/agentpool.ts';
import type { CloudEvent } from '#api/events/envelope.ts';
import { schemaOf, typeOf } from '#api/events/envelope.ts';
import type { MissionFacts, TaskFacts } from '#api/events/change.ts';
import type { EventName } from '#api/events/catalogue.ts';
import { labels } from '#api/labels.ts';
import { formatTimeMs, type Instant } from '#api/time.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { Mission, MissionStatus } from '#api/v1alpha1/mission.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { missionFacts, taskFacts } from '#domain/replay/testing.ts';
import { aMission, type MissionBuilder } from '#testing/builders/mission.ts';
import { aPool } from '#testing/builders/pool.ts';
import { taskOf } from '#testing/builders/task.ts';

/** The time of the pictures: 2026-11-23T14:20:00Z. */
export const now: Instant = Date.UTC(2026, 10, 23, 14, 20);
const start = now - 14 * 60_000;

type Result = 'Succeeded' | 'Failed';

interface Step {
  readonly name: string;
  readonly type: string;
  readonly action: string;
  readonly after: readonly string[];
  /** Attempts: agent, begin and end in seconds, and how it ended; none for one that waits. */
  readonly runs: readonly { readonly agent: string; readonly from: number; readonly until?: number; readonly result?: Result }[];
}

/** A task by its name, its role and what it does. */
const step = ([name, type, action]: readonly [string, string, string], after: readonly string[], ...runs: Step['runs']): Step => ({ name, type, action, after, runs });
const run = (agent: string, from: number, until?: number, result: Result = 'Succeeded'): Step['runs'][number] => ({ agent, from, ...(until === undefined ? {} : { until, result }) });

const steps: readonly Step[] = [
  step(['survey', 'Analyzer', 'AnalyzeCode'], [], run('readers-7k2xp', 0, 48)),
  step(['find-secrets', 'Analyzer', 'AnalyzeCode'], ['survey'], run('readers-7k2xp', 50, 131)),
  step(['map-imports', 'Analyzer', 'AnalyzeCode'], ['survey'], run('readers-m4tq9', 52, 175)),
  step(['read-tests', 'Tester', 'RunTests'], ['survey'], run('testers-x9c2v', 55, 118)),
  step(['fix-token-check', 'Coder', 'WriteCode'], ['find-secrets', 'map-imports'], run('coders-b8f3z', 180, 290, 'Failed'), run('coders-q1w5n', 296, 470)),
  step(['fix-timeouts', 'Coder', 'WriteCode'], ['map-imports'], run('coders-q1w5n', 178, 290)),
  step(['fix-retries', 'Coder', 'WriteCode'], ['map-imports'], run('coders-b8f3z', 298, 455)),
  step(['unit-tests', 'Tester', 'RunTests'], ['read-tests', 'fix-token-check', 'fix-timeouts', 'fix-retries'], run('testers-x9c2v', 474, 610)),
  step(['load-tests', 'Tester', 'RunTests'], ['fix-timeouts', 'fix-retries'], run('testers-p6d8k', 460, 566, 'Failed'), run('testers-p6d8k', 580)),
  step(['review', 'Analyzer', 'ExplainCode'], ['unit-tests', 'load-tests', 'find-secrets']),
  step(['report', 'Analyzer', 'WriteReport'], ['review', 'survey']),
];

const at = (seconds: number): string => formatTimeMs(start + seconds * 1000);

function builderOf(name: string, namespace: string): MissionBuilder {
  const base = aMission(name).meta({ namespace, creationTimestamp: formatTimeMs(start - 20_000) }).spec({ goal: 'Make the checkout service safe to retry: no secret in its code, every outgoing call with a timeout, and proof by its own tests.', budget: { maxCostUsd: '4.00' } });
  const withTasks = steps.reduce((builder, { name: task, type, action, after }) => builder.withTask(task, { type, intent: { action }, after }), base);
  return withTasks
    .withCheck('no-secrets', { expression: 'true' }, { description: 'No credential is left in the code or its history.' })
    .withCheck('tests-pass', { expression: 'true' }, { description: 'All unit tests pass in a fresh checkout.' })
    .withCheck('survives-load', { expression: 'true' }, { description: 'At 400 requests a second nothing waits longer than 2 s.' })
    .withCheck('readable', { expression: 'true' }, { description: 'A maintainer finds the change easy to read.', required: false });
}

const condition = (type: string, status: 'True' | 'False' | 'Unknown', reason: string, message: string) => ({ type, status, reason, message, lastTransitionTime: at(0) });

const statusNow: MissionStatus = {
  observedGeneration: 1, runNumber: 1, startTime: at(0), goalsMet: '2/4', tasksDone: '8/11',
  conditions: [condition('Accepted', 'True', 'Accepted', 'the spec is valid'), condition('Succeeded', 'Unknown', 'Running', '1 task runs, 2 wait; 2 of 4 goals are met')],
  tasks: { total: 11, pending: 2, running: 1, succeeded: 8, failed: 0, skipped: 0, cancelled: 0 },
  plan: { hash: 'h', source: 'Planner', revision: 2, replans: 1, taskCount: 11, createdThrough: 11, estimatedCostUsd: '2.10' },
  usage: { inputTokens: 1_284_000, outputTokens: 96_400, cacheReadTokens: 842_000, cacheWriteTokens: 120_000, calls: 214, costUsd: '1.86', reservedUsd: '0.05', cachedCalls: 31, savedUsd: '0.42' },
  goals: [
    { name: 'no-secrets', state: 'Met', reason: 'ExpressionTrue', evidence: 'find-secrets.observed.secrets == 0 (0 of 1,204 files)', checkedTime: at(132) },
    { name: 'tests-pass', state: 'Met', reason: 'CommandSucceeded', evidence: 'npm test ended with 0: 418 passed, 0 failed', proof: { task: 'unit-tests', agent: 'testers-x9c2v', tree: '9f8e2c1d77aa' }, checkedTime: at(611) },
    { name: 'survives-load', state: 'Unknown', reason: 'WaitingForTasks', evidence: 'load-tests has not ended' },
    { name: 'readable', state: 'Unknown', reason: 'WaitingForTasks', evidence: 'review has not ended' },
  ],
};

/** The mission in the middle of its work. */
export function theMission(namespace = 'team-payments', name = 'harden-checkout'): { readonly mission: Mission; readonly tasks: readonly Task[]; readonly events: readonly CloudEvent[] } {
  const mission = builderOf(name, namespace).status(statusNow).build();
  const tasks = steps.map((one) => taskNow(mission, one));
  return { mission, tasks, events: eventsOf(mission) };
}

function taskNow(mission: Mission, { name, runs }: Step): Task {
  const builder = taskOf(mission, name).meta({ creationTimestamp: at(0) });
  const last = runs.at(-1);
  if (last === undefined) return builder.build();
  const failed = runs.slice(0, -1).map(({ agent, until = 0 }, index) => ({ attempt: index + 1, agent, epoch: { term: 1, counter: index + 1 }, reason: 'ActionFailed', message: 'p99 was 3.4 s at 400 requests a second; the limit is 2 s', endTime: at(until) }));
  const assigned = builder.running(last.agent).status({ attempt: runs.length, startTime: at(last.from), attempts: failed });
  if (last.until === undefined) return assigned.status({ conditions: [condition('Succeeded', 'Unknown', 'Running', 'the attempt runs')] }).build();
  return assigned.ended('Succeeded', 'Completed', at(last.until)).status({ attempt: runs.length, durationSeconds: Math.round(last.until - last.from), artifacts: name === 'find-secrets' ? [{ name: 'report.md', uri: 'blob://x', sha256: 'a'.repeat(64), sizeBytes: 4312, mediaType: 'text/markdown' }] : [] }).build();
}

interface Told {
  readonly second: number;
  readonly name: EventName;
  readonly task?: Step;
  readonly facts?: Partial<TaskFacts>;
  readonly mission?: Partial<MissionFacts>;
  readonly status?: JsonObject;
}

/** What a mirror would have told of it, each version whole. */
function eventsOf(mission: Mission): CloudEvent[] {
  const told: Told[] = [{ second: -20, name: 'mission.created' as const, mission: { state: '', goals: 4, tasks: 11 } }, { second: 0, name: 'mission.started' as const, mission: { startTime: at(0), goals: 4, tasks: 11 } }];
  for (const task of steps) told.push({ second: 0, name: 'task.created', task }, ...task.runs.flatMap((one, index) => toldOf(task, one, index + 1)));
  const ended = steps.flatMap(({ runs }) => runs.filter(({ result }) => result === 'Succeeded').map(({ until = 0 }) => until)).toSorted((a, b) => a - b);
  ended.forEach((second, index) => {
    const goals = (statusNow.goals ?? []).map((goal) => (second >= (goal.name === 'no-secrets' ? 131 : 610) && goal.state === 'Met' ? goal : { name: goal.name, state: 'Unknown', reason: 'WaitingForTasks', evidence: '' }));
    told.push({ second: second + 0.4, name: 'mission.changed', mission: { startTime: at(0), goals: 4, tasks: 11, tasksDone: index + 1, goalsMet: goals.filter(({ state }) => state === 'Met').length, costMicroUsd: Math.round((second / 840) * 1_860_000) }, status: { goals } as unknown as JsonObject });
  });
  return told.toSorted((a, b) => a.second - b.second).map((one, index) => eventOf(mission, one, index + 100));
}

function toldOf(task: Step, { agent, from, until, result }: Step['runs'][number], attempt: number): Told[] {
  const facts = { agent, attempt, pool: agent.slice(0, agent.lastIndexOf('-')), startTime: at(from) };
  const started: Told = { second: from, name: 'task.started', task, facts: { ...facts, state: 'Running' } };
  if (until === undefined) return [started];
  if (result === 'Failed') return [started, { second: until, name: 'task.changed', task, facts: { ...facts, state: 'Backoff' } }];
  return [started, { second: until, name: 'task.ended', task, facts: { ...facts, state: 'Completed', result: 'Succeeded', reason: 'Completed', completionTime: at(until) } }];
}

function eventOf(mission: Mission, { second, name, task, facts, mission: ofMission, status }: Told, version: number): CloudEvent {
  const { namespace, name: missionName, uid } = mission.metadata;
  const object = task === undefined ? { uid, name: missionName, plural: 'missions' } : { uid: taskOf(mission, task.name).build().metadata.uid, name: `${missionName}-${task.name}`, plural: 'tasks' };
  const base = { name: object.name, uid: object.uid, generation: 1, resourceVersion: String(version), spec: {}, status: status ?? {} };
  const data = task === undefined ? { ...base, facts: missionFacts(ofMission) } : { ...base, mission: { name: missionName, uid }, facts: taskFacts(task.name, { type: task.type, action: task.action, dependsOn: [...task.after], ...facts }) };
  return { specversion: '1.0', id: `${object.uid}.${version}`, source: '/mirror', type: typeOf(name), subject: `${object.plural}/${object.name}`, time: formatTimeMs(start + second * 1000), datacontenttype: 'application/json', dataschema: schemaOf(name), tenant: namespace, mission: missionName, missionuid: uid, data } as CloudEvent;
}

const endings = [
  { reason: 'GoalsMet', status: 'True', done: 1 },
  { reason: 'GoalsMet', status: 'True', done: 1 },
  { reason: 'GoalsMet', status: 'True', done: 1 },
  { reason: 'Running', status: 'Unknown', done: 0.6 },
  { reason: 'TaskFailed', status: 'False', done: 0.8 },
  { reason: 'Running', status: 'Unknown', done: 0.2 },
  { reason: 'DeadlineExceeded', status: 'False', done: 0.4 },
] as const;
const names = ['tidy-imports', 'upgrade-node', 'triage-issues', 'review-api', 'nightly-audit', 'fix-flaky-tests', 'write-changelog', 'port-scripts', 'measure-startup', 'document-errors'];
const teams = ['team-payments', 'team-search', 'team-platform', 'team-mobile'];

/** So many further missions, newest first. */
export function manyMissions(count: number): Mission[] {
  return Array.from({ length: count }, (_, index): Mission => {
    const { reason, status, done } = endings[index % endings.length] ?? endings[0];
    const [tasks, goals] = [3 + ((index * 7) % 38), 1 + (index % 5)];
    const created = now - (index + 1) * 7 * 60_000;
    const tasksDone = Math.round(tasks * done);
    const times = { startTime: formatTimeMs(created + 4000), ...(status === 'Unknown' ? {} : { completionTime: formatTimeMs(created + 90_000 + ((index * 37) % 900) * 1000) }) };
    const name = `${names[index % names.length] ?? 'm'}-${(index * 7919 + 4096).toString(36)}`;
    return aMission(name)
      .meta({ namespace: teams[index % teams.length] ?? 'team-a', creationTimestamp: formatTimeMs(created), labels: { [labels.run]: '1' } })
      .spec({ goal: 'a goal' })
      .status({
        observedGeneration: 1, runNumber: 1, ...times,
        goalsMet: `${status === 'True' ? goals : Math.floor(goals * done)}/${goals}`, tasksDone: `${tasksDone}/${tasks}`,
        conditions: [condition('Succeeded', status, reason, ''), ...(index % 19 === 5 ? [condition('ApprovalRequired', 'True', 'AwaitingApproval', '')] : [])],
        tasks: { total: tasks, pending: 0, running: status === 'Unknown' ? 2 : 0, succeeded: tasksDone, failed: status === 'False' ? 1 : 0, skipped: 0, cancelled: 0 },
        usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, calls: 1, costUsd: (((index * 613) % 900) / 100).toFixed(2), reservedUsd: '0.00' },
      })
      .build();
  });
}

/** The pools that do it. */
export function thePools(): AgentPool[] {
  const pool = (name: string, type: string, [ready, busy, queued]: readonly [number, number, number]) => aPool(name).meta({ namespace: 'team-payments' }).of(type).status({ conditions: [condition('Ready', 'True', 'Serving', '')], readyReplicas: ready, desiredReplicas: ready + (queued > 0 ? 1 : 0), busyReplicas: busy, queued, slots: { total: ready * 2, used: busy } }).build();
  return [pool('readers', 'Analyzer', [2, 0, 0]), pool('coders', 'Coder', [2, 2, 3]), pool('testers', 'Tester', [2, 1, 0])];
}
