// Carries proposals to the API server, one after the other per task. It holds the freshest version it has seen,
// so a cache that lags behind never makes it write twice.
import type { TaskStatus, Task } from '#api/v1alpha1/task.ts';
import { tasks } from '#api/v1alpha1/kinds.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { isKind, messageOf } from '#platform/errors.ts';
import type { KubeClient, KubeReason, ObjectKey } from '#platform/kube/types.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { statusPatch } from '../reconciler.ts';
import { applyProposal, type Proposal } from './decide/proposal.ts';
import type { ProposalAnswer, TaskLedger } from './port.ts';

export interface WriterDeps {
  readonly client: Pick<KubeClient, 'get' | 'mergePatch'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with every version that the API server answered, before the proposal is. */
  readonly onRecorded: (task: Task) => void;
}

/** The ledger, and the end of what it remembers of a task that is gone. */
export interface TaskWriter extends TaskLedger {
  forget(uid: string): void;
}

// What passes by itself: the proposal stands until it is answered. A process that may not lead any more is ended by its guard.
const passing: readonly KubeReason[] = ['Unreachable', 'ServerError', 'TooManyRequests', 'Timeout', 'LostReply', 'Conflict', 'Unauthorized', 'Forbidden', 'Unknown'];
const waitMs = { first: 100, most: 5000 };

/** `again`: somebody else wrote in between, or the reply was lost; `task` is what the server has now. */
type Written = { readonly kind: 'recorded' | 'again'; readonly task: Task } | { readonly kind: 'gone' };

/** The only writer of Task.status. */
export function createTaskWriter(deps: WriterDeps): TaskWriter {
  return new StatusWriter(deps);
}

class StatusWriter implements TaskWriter {
  readonly #deps: WriterDeps;
  readonly #queues = new Map<string, Promise<unknown>>();
  readonly #freshest = new Map<string, Task>();

  constructor(deps: WriterDeps) {
    this.#deps = deps;
  }

  propose(task: Task, proposal: Proposal): Promise<ProposalAnswer> {
    const { uid } = task.metadata;
    const before = this.#queues.get(uid) ?? Promise.resolve();
    const mine = before.then(() => this.#persist(task, proposal));
    const settled = mine
      .catch(() => undefined)
      .finally(() => {
        if (this.#queues.get(uid) === settled) this.#queues.delete(uid);
      });
    this.#queues.set(uid, settled);
    return mine;
  }

  forget(uid: string): void {
    this.#freshest.delete(uid);
  }

  /** Tries until the API server answers. */
  async #persist(task: Task, proposal: Proposal): Promise<ProposalAnswer> {
    const { clock, log } = this.#deps;
    for (let wait = waitMs.first; ; wait = Math.min(wait * 2, waitMs.most)) {
      try {
        return await this.#carryOut(task, proposal);
      } catch (error) {
        if (!hasReason(error, ...passing)) throw error;
        log.warn('task status could not be written; trying again', { task: task.metadata.name, namespace: task.metadata.namespace, error: messageOf(error) });
        await delay(clock, Math.max(wait, (error as { retryAfterMs?: number }).retryAfterMs ?? 0));
      }
    }
  }

  async #carryOut(seen: Task, proposal: Proposal): Promise<ProposalAnswer> {
    let task = newer(seen, this.#freshest.get(seen.metadata.uid));
    for (;;) {
      const application = applyProposal(task, proposal, this.#deps.clock.now());
      if (application.kind === 'same') return { kind: 'recorded', task };
      if (application.kind !== 'write') return { kind: application.kind, task };
      const written = await this.#write(task, application.status);
      if (written.kind === 'gone') {
        this.forget(seen.metadata.uid);
        return written;
      }
      task = written.task;
      this.#freshest.set(task.metadata.uid, task);
      this.#deps.onRecorded(task);
      if (written.kind === 'recorded') return { kind: 'recorded', task };
    }
  }

  async #write(task: Task, status: TaskStatus): Promise<Written> {
    const { namespace, name, uid, resourceVersion } = task.metadata;
    const changes = statusPatch(task.status, status);
    if (changes === undefined) return { kind: 'recorded', task };
    try {
      return { kind: 'recorded', task: await this.#deps.client.mergePatch<Task>(tasks, { namespace, name }, { metadata: { uid, resourceVersion }, status: changes }, 'status') };
    } catch (error) {
      if (hasReason(error, 'NotFound')) return { kind: 'gone' };
      if (!hasReason(error, 'Conflict', 'LostReply', 'Timeout')) throw error;
      const now = await this.#reread({ namespace, name }, uid);
      // Nobody wrote, so asking again at once would be answered the same.
      if (now.kind === 'again' && now.task.metadata.resourceVersion === resourceVersion) throw error;
      return now;
    }
  }

  async #reread(key: ObjectKey, uid: string): Promise<Written> {
    const task = await this.#deps.client.get<Task>(tasks, key);
    return task === undefined || task.metadata.uid !== uid ? { kind: 'gone' } : { kind: 'again', task };
  }
}

function newer(seen: Task, held: Task | undefined): Task {
  if (held === undefined) return seen;
  return BigInt(held.metadata.resourceVersion) > BigInt(seen.metadata.resourceVersion) ? held : seen;
}

/** True for a KubeError with one of these reasons. */
export function hasReason(error: unknown, ...reasons: readonly KubeReason[]): boolean {
  return isKind(error, 'kube') && reasons.includes((error as { reason: KubeReason }).reason);
}
