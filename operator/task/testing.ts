// A term in miniature for this room's tests: real book, board, writer and attempts around agents that only write down what they are told.
import type { Epoch } from '#api/v1alpha1/schema.ts';
import { type Task, TaskSpec, type TaskStatus } from '#api/v1alpha1/task.ts';
import { formatEpoch } from '#domain/task/epoch.ts';
import { messageOf } from '#platform/errors.ts';
import { KubeError } from '#platform/kube/error.ts';
import { wrap } from '#platform/telemetry/log.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { type Adoption, type AdoptionDeps, createAdoption } from './adoption.ts';
import type { Agents, AgentView, AttemptRef, Claim, Grants, Order } from './agents-port.ts';
import { type Attempts, createAttempts } from './attempts.ts';
import { createTaskBoard, type TaskBoard } from './board.ts';
import { type Book, createBook } from './book.ts';
import { FakeTasks } from './fake-tasks.ts';
import { grantsFor, type OrderSources } from './order.ts';
import type { Report } from './report.ts';
import { createTaskWriter, type TaskWriter } from './writer.ts';

export const digestOf = (letter: string): string => letter.repeat(64);

/** A task of mission `m`, as the API server would hand it out. */
export function aTask(name = 'a', spec: object = {}, status?: TaskStatus): Task {
  return {
    apiVersion: 'coditect.ai/v1alpha1',
    kind: 'Task',
    metadata: { name, namespace: 'team-a', uid: `uid-${name}`, resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: TaskSpec.parse({ type: 'Tester', intent: { action: 'RunTests' }, missionRef: { name: 'm', uid: 'mission' }, taskName: name, run: 1, ...spec }),
    ...(status === undefined ? {} : { status }),
  };
}

/** A task that its user applied alone. */
export function aLoneTask(name = 'a', status?: TaskStatus): Task {
  const task = aTask(name, {}, status);
  const { missionRef: _ref, taskName: _name, run: _run, ...spec } = task.spec;
  return { ...task, spec };
}

/** The agent of pod `pod`, UID `uid-<pod>`. */
export function anAgent(pod = 'p-1', changes: Partial<AgentView> = {}): AgentView {
  return { uid: `uid-${pod}`, pod, namespace: 'team-a', pool: 'crew', slots: 2, agentTypes: ['Tester'], capabilities: [], boundary: 'full', draining: false, ...changes };
}

export function aClaim(task: string, epoch: Epoch, changes: Partial<Claim> = {}): Claim {
  return { taskUid: `uid-${task}`, attempt: 1, epoch, finished: false, resultDigest: '', ...changes };
}

/** Agents that note every message as a line; messages to those who are not connected are not sent. */
export class FakeAgents implements Agents {
  readonly connected = new Map<string, AgentView>();
  readonly orders: Order[] = [];
  /** Grants of re-issues. */
  readonly grants: Grants[] = [];
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  view(agentUid: string): AgentView | undefined {
    return this.connected.get(agentUid);
  }

  assign(agentUid: string, order: Order): boolean {
    if (this.connected.has(agentUid)) this.orders.push(order);
    return this.#tell('assign', agentUid, order);
  }

  abort(agentUid: string, attempt: AttemptRef): boolean {
    return this.#tell('abort', agentUid, attempt);
  }

  confirm(agentUid: string, attempt: AttemptRef): boolean {
    return this.#tell('confirm', agentUid, attempt);
  }

  reissue(agentUid: string, attempt: AttemptRef, newEpoch: Epoch, grants: Grants): boolean {
    if (this.connected.has(agentUid)) this.grants.push(grants);
    return this.#tell('reissue', agentUid, attempt, ` as ${formatEpoch(newEpoch)}`);
  }

  #tell(verb: string, agentUid: string, { taskUid, attempt, epoch }: AttemptRef, more = ''): boolean {
    const agent = this.connected.get(agentUid);
    if (agent === undefined) return false;
    this.#say(`${verb} ${taskUid.slice(4)}/${attempt}@${formatEpoch(epoch)} ${agent.pod}${more}`);
    return true;
  }
}

export interface TermOptions {
  readonly term?: number;
  readonly clean?: boolean;
  readonly sources?: Partial<OrderSources>;
  /** UIDs of pods that run. */
  readonly living?: readonly string[];
  readonly mayServe?: AdoptionDeps['mayServe'];
}

export const silenceMs = 45_000;

/** A term over these tasks. `lines` is what agents and scheduler hear, in order. */
export class FakeTerm {
  readonly lines: string[] = [];
  readonly clock = new ManualClock();
  readonly tasks: FakeTasks;
  readonly agents: FakeAgents;
  readonly book: Book;
  readonly board: TaskBoard;
  readonly writer: TaskWriter;
  readonly attempts: Attempts;
  readonly adoption: Adoption;
  readonly errors: string[] = [];
  living: readonly string[];
  isLeading = true;

  constructor(tasks: FakeTasks, { term = 2, clean = false, sources = {}, living = [], mayServe = () => true }: TermOptions = {}) {
    const say = (line: string) => void this.lines.push(line);
    this.tasks = tasks;
    this.living = living;
    this.agents = new FakeAgents(say);
    this.book = createBook(term);
    this.board = createTaskBoard(tasks);
    const log = wrap((level, message) => void (level === 'error' && this.errors.push(message)), {});
    const shared = { board: this.board, book: this.book, agents: this.agents, clock: this.clock, log, fence: () => this.#fence() };
    this.writer = createTaskWriter({ client: this.#guarded(), clock: this.clock, log, onRecorded: (task) => this.board.record(task) });
    const files: OrderSources = { mission: () => undefined, sibling: (task, name) => this.board.sibling(task, name), namespaceUid: () => Promise.resolve('ns'), configMapFiles: () => Promise.resolve(undefined), pastSeconds: () => 0, grant: () => 'grant', hasGateway: false, ...sources };
    this.attempts = createAttempts({
      ...shared,
      ledger: this.writer,
      sources: files,
      listener: {
        slotFreed: (agentUid) => say(`slot ${agentUid.slice(4)}`),
        requeue: (task, afterMs) => say(`requeue ${task.metadata.name} after ${afterMs}`),
        ran: (pool, ms) => say(`ran ${pool} ${ms}`),
        began: () => {},
        said: (task, state, agent) => say(`said ${task.metadata.name} ${state} ${agent}`),
      },
    });
    this.adoption = createAdoption({
      ...shared,
      attempts: this.attempts,
      scheduler: {
        recovering: (task) => say(`recovering ${task.metadata.name}`),
        recovered: (task, { recordFirst, live, afterMs }) => say(`recovered ${task.metadata.name}${live ? ' live' : ''}${recordFirst ? ' recordFirst' : ''}${afterMs === 0 ? '' : ` after ${afterMs}`}`),
        slotFreed: (agentUid) => say(`count ${agentUid.slice(4)}`),
      },
      sibling: (task, name) => files.sibling(task, name),
      livingAgents: () => this.living,
      mayServe,
      grants: async (request) => grantsFor(request, await files.namespaceUid(request.task.metadata.namespace), files),
      silenceMs,
      clean,
    });
    this.board.subscribe((change) => change.kind === 'gone' && this.attempts.forgotten(change.task));
  }

  /** The lines since the last call, once everything that needs no time has happened. */
  async heard(): Promise<string[]> {
    await this.clock.advance(0);
    return this.lines.splice(0);
  }

  connect(agent: AgentView, claims: readonly Claim[] = [], sameProcess = false): void {
    this.agents.connected.set(agent.uid, agent);
    this.adoption.connected(agent, claims, sameProcess);
  }

  disconnect(agent: AgentView): void {
    this.agents.connected.delete(agent.uid);
  }

  dispatch(name: string, agent = anAgent(), recordFirst = false): void {
    this.agents.connected.set(agent.uid, agent);
    this.attempts.dispatch(this.board.get(`uid-${name}`) ?? this.tasks.at(name), agent, 'fits', { recordFirst });
  }

  #fence(): void {
    if (!this.isLeading) throw new KubeError('write to the API server', 'this process does not lead', { status: 0, reason: 'NotLeader' });
  }

  /** Like the client of a leader: a write passes the fence. */
  #guarded(): Pick<FakeTasks, 'get' | 'mergePatch'> {
    const { tasks } = this;
    const mergePatch: FakeTasks['mergePatch'] = (...args) => {
      try {
        this.#fence();
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new Error(messageOf(error)));
      }
      return tasks.mergePatch(...args);
    };
    return { get: tasks.get.bind(tasks) as FakeTasks['get'], mergePatch };
  }
}

/** A term with one task `a` and nothing else. */
export function aTerm(task: Task = aTask(), options: TermOptions = {}): FakeTerm {
  return new FakeTerm(new FakeTasks(task), options);
}

/** What an agent says of the end of attempt 1 of `a`, unless told otherwise. */
export function aReport(epoch: Epoch, changes: Partial<Report> = {}): Report {
  return { taskUid: 'uid-a', attempt: 1, epoch, result: 'Succeeded', reason: 'Completed', message: 'done', output: { digest: digestOf('d'), durationMs: 400 }, ...changes };
}

export const aFailure = (epoch: Epoch, changes: Partial<Report> = {}): Report => aReport(epoch, { result: 'Failed', reason: 'ActionFailed', message: 'exit code 1', ...changes });

/** A task whose effects lie outside. */
export const external = (): Task => aTask('a', { sideEffects: 'External' });

/** A term whose task `a` was sent to p-1 as 2.1, and what was heard of it forgotten. */
export async function sent(task: Task = aTask(), options: TermOptions = {}): Promise<FakeTerm> {
  const term = aTerm(task, options);
  term.dispatch('a');
  await term.heard();
  term.tasks.writes.length = 0;
  return term;
}

/** The same, and p-1 has begun. */
export async function running(task: Task = aTask()): Promise<FakeTerm> {
  const term = await sent(task);
  term.attempts.started(anAgent().uid, { taskUid: 'uid-a', attempt: 1, epoch: { term: 2, counter: 1 } });
  await term.heard();
  return term;
}

/** Reason of the Succeeded condition of task `a`. */
export const reasonOf = (term: FakeTerm): string | undefined => term.tasks.at('a').status?.conditions?.find(({ type }) => type === 'Succeeded')?.reason;

/** Slots of p-1 that are in use. */
export const usedSlots = (term: FakeTerm): number => term.book.usedSlots(anAgent().uid);
