// Missions that run, as far as a mirror can see: objects that change on the double of the API server, and agents that tell of each task. All from one seed.
import type { ThoughtEvent } from '#api/events/thought.ts';
import { formatTimeMs } from '#api/time.ts';
import type { MissionStatus } from '#api/v1alpha1/mission.ts';
import type { TaskStatus } from '#api/v1alpha1/task.ts';
import { aMission } from '#testing/builders/mission.ts';
import { aTask } from '#testing/builders/task.ts';
import type { FakeApiServer } from '#testing/fake-apiserver/server.ts';

const tasksEach = 4;
const missionsAtOnce = 12;
const tenants = ['team-a', 'team-b', 'team-c'];

interface Open {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** How far each task has come. */
  readonly stages: ('new' | 'running' | 'ended')[];
}

/** Hands over what an agent tells about a task. */
export type TellAs = (taskUid: string, thoughts: readonly ThoughtEvent[]) => Promise<void>;

export class FakeLoad {
  /** Ids of the events that agents told, and were told that they were taken. */
  readonly told = new Set<string>();
  ended = 0;
  readonly #cluster: Pick<FakeApiServer, 'put'>;
  readonly #tell: TellAs;
  readonly #random: () => number;
  readonly #open: Open[] = [];
  #missions = 0;

  constructor(cluster: Pick<FakeApiServer, 'put'>, tell: TellAs, random: () => number) {
    this.#cluster = cluster;
    this.#tell = tell;
    this.#random = random;
  }

  /** One thing happens: a mission comes, a task starts or ends, or a mission ends. */
  async step(): Promise<void> {
    if (this.#open.length < missionsAtOnce) this.#open.push(this.#begin());
    const at = Math.floor(this.#random() * this.#open.length);
    const mission = this.#open[at];
    if (mission === undefined) return;
    const next = mission.stages.findIndex((stage) => stage !== 'ended');
    if (next >= 0) return this.#advance(mission, next);
    this.#putMission(mission, { runNumber: 1, startTime: now(), completionTime: now(), conditions: [verdict()] });
    this.#open.splice(at, 1);
    this.ended += 1;
  }

  #begin(): Open {
    const number = (this.#missions += 1);
    const mission: Open = { name: `m-${number}`, namespace: tenants[number % tenants.length] ?? 'team-a', uid: `uid-m-${number}`, stages: Array.from({ length: tasksEach }, () => 'new') };
    this.#putMission(mission, { runNumber: 1, startTime: now() });
    for (let task = 0; task < tasksEach; task += 1) this.#putTask(mission, task, {});
    return mission;
  }

  async #advance(mission: Open, task: number): Promise<void> {
    const isNew = mission.stages[task] === 'new';
    mission.stages[task] = isNew ? 'running' : 'ended';
    this.#putTask(mission, task, isNew ? running() : succeeded());
    if (isNew) await this.#think(`${mission.uid}-t${task}`);
  }

  async #think(taskUid: string): Promise<void> {
    const heading = { version: 1 as const, taskUid, attempt: 1, epoch: { term: 1, counter: 1 }, turn: 1 };
    const usage = { inputTokens: 100, outputTokens: 20, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: 1000 };
    const thoughts: readonly ThoughtEvent[] = [
      { ...heading, seq: 1, type: 'agent.think', model: 'model-s', calls: 1, saidBytes: 9, usage },
      { ...heading, seq: 2, type: 'agent.act', tool: 'write_file', sideEffect: 'workspace', outcome: 'done', inputBytes: 1, outputBytes: 2 },
      { ...heading, seq: 3, type: 'agent.files', treeBefore: 'a', treeAfter: 'b', files: [{ path: 'src/a.ts', hash: taskUid }], changed: 1 },
    ];
    await this.#tell(taskUid, thoughts);
    for (const { seq } of thoughts) this.told.add(`${taskUid}.1.1-1.${seq}`);
  }

  #putMission({ name, namespace, uid }: Open, status: MissionStatus): void {
    this.#cluster.put({ ...aMission(name).meta({ namespace, uid, creationTimestamp: now() }).status(status).build() });
  }

  #putTask({ name, namespace, uid }: Open, task: number, status: TaskStatus): void {
    const spec = { missionRef: { name, uid }, taskName: `t${task}`, run: 1 };
    this.#cluster.put({ ...aTask(`${name}-t${task}`).meta({ namespace, uid: `${uid}-t${task}`, creationTimestamp: now() }).spec(spec).status(status).build() });
  }
}

// Rows of events that are long past go by themselves, so the load lives now.
const now = (): string => formatTimeMs(Date.now()).replace(/\.\d+Z$/, 'Z');

const verdict = () => ({ type: 'Succeeded', status: 'True' as const, reason: 'GoalsMet', message: 'all goals are met', lastTransitionTime: now() });

function running(): TaskStatus {
  const assignment = { pool: 'crew', poolNamespace: 'team-a', agent: 'crew-1', agentUid: 'uid-crew-1', epoch: { term: 1, counter: 1 }, assignedTime: now(), matchReason: 'it fits' };
  return { attempt: 1, startTime: now(), assignment };
}

function succeeded(): TaskStatus {
  return { ...running(), completionTime: now(), outcome: { result: 'Succeeded', reason: 'Completed', message: 'it ended', time: now() }, violations: [{ kind: 'UnexpectedChange', message: 'a file outside src changed', path: 'README.md' }] };
}
