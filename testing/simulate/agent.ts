// An agent as the operator's fleet sees it, in process: it runs nothing and answers as its script says, after small random delays.
// Like a real one it keeps finished results until they are confirmed, names them at each hello, and speaks of an attempt only to the leader whose
// term its number is of.
import { blobUri } from '#api/blobs.ts';
import type { AgentIdentity } from '#api/identity.ts';
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { TaskSpec } from '#api/v1alpha1/task.ts';
import { sha256Hex } from '#domain/digest.ts';
import type { Outbox } from '#operator/fleet/work/fleet.ts';
import type { Leadership } from '#operator/fleet/work/service.ts';
import type { AttemptRef } from '#operator/task/agents-port.ts';
import type { Report } from '#operator/task/report.ts';
import { newUuid } from '#platform/ids.ts';
import type { Assign, Reissue, WorkResponse } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';

/** How an attempt goes. */
export interface Course {
  readonly ms: number;
  /** `Refused`: the order is given back after that time, without having begun. */
  readonly result: 'Succeeded' | 'Failed' | 'Refused';
  /** After how many turns it keeps a checkpoint, as soon as it has begun; none unless told. */
  readonly keepsTurns?: number;
  /** What it found and made, besides the number of the attempt; artifacts are kept by the blob service. */
  readonly output?: Pick<Report['output'], 'observed' | 'workspace'> & { readonly artifacts?: readonly string[] };
}

/** Says how an attempt of a task goes, by the name in the plan. */
export type Script = (taskName: string, attempt: number) => Course;

export interface AgentDeps {
  readonly script: Script;
  /** Milliseconds that a message takes. */
  readonly latencyMs: () => number;
  /** Told of each order, before anything is done about it. */
  readonly onOrder: (order: Assign, spec: TaskSpec) => void;
  /** Told of each artifact before the attempt ends, by its URI. */
  readonly onStored: (uri: string) => void;
}

interface Held {
  readonly taskUid: string;
  readonly attempt: number;
  epoch: Epoch;
  report: Report | undefined;
  readonly timer: NodeJS.Timeout;
}

export class ScriptedAgent {
  readonly identity: AgentIdentity;
  readonly #deps: AgentDeps;
  readonly #processUuid = newUuid();
  readonly #held = new Map<string, Held>();
  #inbox = Promise.resolve();
  #sent = Promise.resolve();
  #connection: { readonly leadership: Leadership; readonly outbox: Outbox } | undefined;

  constructor(identity: AgentIdentity, deps: AgentDeps) {
    this.identity = identity;
    this.#deps = deps;
  }

  /** True while an attempt of this task runs here. */
  runs(taskUid: string): boolean {
    const held = this.#held.get(taskUid);
    return held !== undefined && held.report === undefined;
  }

  get isIdle(): boolean {
    return this.#held.size === 0;
  }

  /** Says hello to a leader. */
  connect(leadership: Leadership): void {
    const outbox: Outbox = { send: (message) => this.#receive(message, outbox), close: () => this.disconnect(outbox) };
    this.#connection = { leadership, outbox };
    const claims = [...this.#held.values()].map(({ taskUid, attempt, epoch, report }) => ({ taskUid, attempt, epoch, finished: report !== undefined, resultDigest: report?.output.digest ?? '' }));
    const hello = { protocolMin: 1, protocolMax: 1, processUuid: this.#processUuid, slots: 4, agentTypes: ['Analyzer', 'Coder'], capabilities: [], highestTerm: 0, boundary: 'full', draining: false, claims } as const;
    leadership.fleet.open(this.identity, { ...hello, agentTypes: ['Analyzer', 'Coder'], capabilities: [], claims }, outbox);
  }

  disconnect(outbox = this.#connection?.outbox): void {
    if (outbox !== undefined && this.#connection?.outbox === outbox) this.#connection = undefined;
  }

  /** The process is gone with everything it had. */
  kill(): void {
    for (const { timer } of this.#held.values()) clearTimeout(timer);
    this.#held.clear();
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.leadership.fleet.closed(this.identity.uid, connection.outbox);
  }

  #receive(message: WorkResponse, outbox: Outbox): void {
    this.#inbox = this.#deliver(this.#inbox, () => {
      if (this.#connection?.outbox === outbox) this.#obey(message);
    });
  }

  #obey({ message }: WorkResponse): void {
    switch (message.case) {
      case 'assign':
        return this.#begin(message.value);
      case 'abort':
      case 'confirm':
        return this.#forget(message.value.taskUid, message.value.epoch);
      case 'reissue':
        return this.#reissue(message.value);
      case undefined:
      case 'hello':
      case 'notLeader':
      case 'heartbeatAck':
      case 'drain':
    }
  }

  #begin(order: Assign): void {
    const { taskUid, attempt, epoch, specJson } = order;
    if (epoch === undefined) throw new Error(`run task ${taskUid}: the order has no epoch`);
    const spec = JSON.parse(specJson) as TaskSpec;
    this.#deps.onOrder(order, spec);
    const course = this.#deps.script(spec.taskName ?? '', attempt);
    const { ms, result } = course;
    if (result === 'Refused') return void setTimeout(() => this.#refuse({ taskUid, attempt, epoch }, 'NoFreeSlot'), ms);
    const timer = setTimeout(() => this.#end(order, { ...course, result }), ms);
    this.#held.set(taskUid, { taskUid, attempt, epoch, report: undefined, timer });
    this.#say(epoch, ({ listener }) => listener.started(this.identity.uid, { taskUid, attempt, epoch }));
    if (course.keepsTurns !== undefined) this.#keep(order, epoch, course.keepsTurns);
  }

  #keep({ taskUid, namespaceUid, ownerUid }: Assign, epoch: Epoch, turns: number): void {
    const sha256 = sha256Hex(`${taskUid} after ${turns} turns`);
    const talk = { name: 'checkpoint.json', uri: blobUri({ namespaceUid, ownerUid, sha256 }), sha256, sizeBytes: 1, mediaType: 'application/json' };
    this.#say(epoch, ({ listener }) => listener.progress(this.identity.uid, { taskUid, percent: 10, message: '', kept: { epoch: { term: epoch.term, counter: epoch.counter }, checkpoint: { talk, commit: '', turns } } }));
  }

  #end({ taskUid, namespaceUid, ownerUid }: Assign, { ms, result, output: { artifacts: made = [], ...found } = {} }: Course & Pick<Report, 'result'>): void {
    const held = this.#held.get(taskUid);
    if (held === undefined) return;
    const { attempt, epoch } = held;
    const artifacts = made.map((name) => {
      const sha256 = sha256Hex(name);
      return { name, uri: blobUri({ namespaceUid, ownerUid, sha256 }), sha256, sizeBytes: name.length, mediaType: 'text/plain' };
    });
    for (const { uri } of artifacts) this.#deps.onStored(uri);
    const output = { digest: sha256Hex(`${taskUid} ${attempt} ${result}`), durationMs: ms, ...found, observed: { attempt, ...found.observed }, ...(artifacts.length === 0 ? {} : { artifacts }) };
    held.report = { taskUid, attempt, epoch, result, reason: result === 'Succeeded' ? 'Completed' : 'ActionFailed', message: 'as scripted', output };
    this.#report(held);
  }

  #report({ report, epoch }: Held): void {
    if (report !== undefined) this.#say(epoch, ({ listener }) => listener.finished(this.identity.uid, { ...report, epoch }));
  }

  #reissue({ taskUid, attempt, newEpoch: epoch }: Reissue): void {
    if (epoch === undefined) throw new Error(`reissue task ${taskUid}: the order has no epoch`);
    const held = this.#held.get(taskUid);
    if (held === undefined) return this.#refuse({ taskUid, attempt, epoch }, 'NotHeld');
    held.epoch = epoch;
    if (held.report !== undefined) return this.#report(held);
    this.#say(epoch, ({ listener }) => listener.started(this.identity.uid, { taskUid, attempt, epoch }));
  }

  #refuse(order: AttemptRef, reason: string): void {
    this.#say(order.epoch, ({ listener }) => listener.refused(this.identity.uid, { ...order, reason }));
  }

  #forget(taskUid: string, epoch: Epoch | undefined): void {
    const held = this.#held.get(taskUid);
    if (held === undefined || held.epoch.counter !== epoch?.counter || held.epoch.term !== epoch.term) return;
    clearTimeout(held.timer);
    this.#held.delete(taskUid);
  }

  #say({ term }: Epoch, words: (leadership: Leadership) => void): void {
    const connection = this.#connection;
    if (connection?.leadership.term !== term) return;
    this.#sent = this.#deliver(this.#sent, () => {
      if (this.#connection === connection && connection.leadership.fleet.heard(this.identity.uid, connection.outbox)) words(connection.leadership);
    });
  }

  /** Like a stream: late, but in order. */
  async #deliver(before: Promise<void>, message: () => void): Promise<void> {
    await before;
    await new Promise((resolve) => setTimeout(resolve, this.#deps.latencyMs()));
    message();
  }
}
