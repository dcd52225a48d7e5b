// Decides a ready task by the result of an equal one: no attempt, no agent. First its blobs are kept under the new owner, then the outcome is
// written; what happens in between does no harm, because a copy without an outcome goes with its owner.
import { blobUri, parseBlobAddress } from '#api/blobs.ts';
import type { Artifact } from '#api/v1alpha1/schema.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { isRepeatable } from '#domain/memo/key.ts';
import { isSource, knownMessage, knownResult } from '#domain/memo/result.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { TaskBoard } from './board.ts';
import type { BlobCopies } from './copies-port.ts';
import type { Memory } from './memory.ts';
import { type OrderSources, ownerOf } from './order.ts';
import type { TaskLedger } from './port.ts';
import type { Recall } from './recall-port.ts';
import { hasReason } from './writer.ts';

export interface RecallDeps {
  readonly memory: Memory;
  readonly board: Pick<TaskBoard, 'get' | 'subscribe'>;
  readonly ledger: TaskLedger;
  readonly copies: BlobCopies;
  readonly sources: Pick<OrderSources, 'namespaceUid'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Throws when this process may not lead any more. */
  readonly fence: () => void;
  readonly listener: {
    /** The task has to run after all. */
    notRecalled(task: Task): void;
    /** A line for those who follow the mission. */
    said(task: Task, state: string, agent: string, message: string): void;
  };
}

/** The longest time that copying may take, in milliseconds: running the task is no worse. */
const copyMs = 30_000;

/** Nothing is recalled yet. */
export function createRecall(deps: RecallDeps): Recall {
  return new BoundRecall(deps);
}

class BoundRecall implements Recall {
  readonly #deps: RecallDeps;
  /** UIDs of tasks that take a result over, and of those that could not: these run. */
  readonly #underway = new Set<string>();
  readonly #passed = new Set<string>();

  constructor(deps: RecallDeps) {
    this.#deps = deps;
    deps.board.subscribe(({ kind, task }) => {
      if (kind === 'gone' || task.status?.outcome !== undefined) this.#passed.delete(task.metadata.uid);
    });
  }

  readonly begin: Recall['begin'] = (task) => {
    const { uid } = task.metadata;
    if (this.#underway.has(uid)) return true;
    if (!isRepeatable(task.spec) || this.#passed.has(uid)) return false;
    const source = this.#deps.memory.equalTo(task, this.#deps.clock.now());
    if (source === undefined) return false;
    this.#underway.add(uid);
    void this.#takeOver(task, source);
    return true;
  };

  async #takeOver(task: Task, source: Task): Promise<void> {
    const { log, listener } = this.#deps;
    const { uid, name, namespace } = task.metadata;
    const isOver = await this.#decide(task, source).catch((error: unknown) => {
      log.warn('a known result could not be used again; the task runs', { task: name, namespace, source: source.metadata.name, error: messageOf(error) });
      return hasReason(error, 'NotLeader');
    });
    this.#underway.delete(uid);
    const newest = this.#deps.board.get(uid);
    if (isOver || newest === undefined || newest.status?.outcome !== undefined) return;
    this.#passed.add(uid);
    listener.notRecalled(newest);
  }

  /** False: the result is not there any more, or the task may be running. */
  async #decide(task: Task, source: Task): Promise<boolean> {
    const { board, ledger, clock, listener } = this.#deps;
    const artifacts = await this.#keepAll(task, source);
    const still = board.get(source.metadata.uid);
    if (artifacts === undefined || still === undefined || !isSource(still)) return false;
    const message = knownMessage(source, clock.now());
    const answer = await ledger.propose(board.get(task.metadata.uid) ?? task, { kind: 'outcome', result: 'Succeeded', reason: 'Memoized', message, known: knownResult(source, artifacts) });
    if (answer.kind === 'recorded') listener.said(answer.task, 'Memoized', '', message);
    return answer.kind !== 'overtaken';
  }

  /** The artifacts of the source under the owner of the task; undefined when one is missing. */
  async #keepAll(task: Task, source: Task): Promise<readonly Artifact[] | undefined> {
    const { sources, clock } = this.#deps;
    const { artifacts = [] } = source.status ?? {};
    if (artifacts.length === 0) return [];
    const namespaceUid = await sources.namespaceUid(task.metadata.namespace);
    const limit = new AbortController();
    const cancel = clock.after(copyMs, () => limit.abort(new Error(`copying its blobs took longer than ${copyMs / 1000} s`)));
    try {
      const kept: Artifact[] = [];
      for (const artifact of artifacts) {
        if ((await this.#keep(artifact, { namespaceUid, ownerUid: ownerOf(task) }, limit.signal)) === 'missing') return undefined;
        kept.push({ ...artifact, uri: blobUri({ namespaceUid, ownerUid: ownerOf(task), sha256: artifact.sha256 }) });
      }
      return kept;
    } finally {
      cancel();
    }
  }

  /** A blob of another namespace, which may have had the same name, is not there. */
  async #keep({ uri, sha256 }: Artifact, to: { readonly namespaceUid: string; readonly ownerUid: string }, signal: AbortSignal): Promise<'kept' | 'missing'> {
    const { copies, fence } = this.#deps;
    const from = parseBlobAddress(uri);
    if (from === undefined || from.namespaceUid !== to.namespaceUid || from.sha256 !== sha256) return 'missing';
    fence();
    return copies.keep(from, to.ownerUid, signal);
  }
}
