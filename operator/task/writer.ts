// Carries proposals to the API server, one after the other per task. It holds the freshest version it has written,
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
  /** Called after the API server acknowledged a status, before anyone else can have seen it. */
  readonly onRecorded: (task: Task) => void;
}

// What passes by itself: the proposal stands until it is answered. A process that may not lead any more is ended by its guard.
const passing: readonly KubeReason[] = ['Unreachable', 'ServerError', 'TooManyRequests', 'Timeout', 'LostReply', 'Unauthorized', 'Forbidden'];
const waitMs = { first: 100, most: 5000 };

/** `again`: somebody else wrote in between, or the reply was lost; `task` is what the server has now. */
type Written = { readonly kind: 'recorded' | 'again'; readonly task: Task } | { readonly kind: 'gone' };

/** The only writer of Task.status. */
export function createTaskWriter({ client, clock, log, onRecorded }: WriterDeps): TaskLedger & { forget(uid: string): void } {
  const queues = new Map<string, Promise<unknown>>();
  const freshest = new Map<string, Task>();

  async function carryOut(seen: Task, proposal: Proposal): Promise<ProposalAnswer> {
    let task = newer(seen, freshest.get(seen.metadata.uid));
    for (;;) {
      const application = applyProposal(task, proposal, clock.now());
      if (application.kind === 'decidedOtherwise') return { kind: 'decidedOtherwise', task };
      if (application.kind === 'same') return { kind: 'recorded', task };
      const written = await write(task, application.status);
      if (written.kind === 'gone') return written;
      task = written.task;
      freshest.set(task.metadata.uid, task);
      if (written.kind === 'again') continue;
      onRecorded(task);
      return { kind: 'recorded', task };
    }
  }

  async function write(task: Task, status: TaskStatus): Promise<Written> {
    const { namespace, name, uid, resourceVersion } = task.metadata;
    const patch = { metadata: { uid, resourceVersion }, status: statusPatch(task.status, status) ?? {} };
    try {
      return { kind: 'recorded', task: await client.mergePatch<Task>(tasks, { namespace, name }, patch, 'status') };
    } catch (error) {
      if (hasReason(error, 'NotFound')) return { kind: 'gone' };
      if (!hasReason(error, 'Conflict', 'LostReply', 'Timeout')) throw error;
      return await reread({ namespace, name }, uid);
    }
  }

  /** Tries until the API server answers. */
  async function persist(task: Task, proposal: Proposal): Promise<ProposalAnswer> {
    for (let wait = waitMs.first; ; wait = Math.min(wait * 2, waitMs.most)) {
      try {
        return await carryOut(task, proposal);
      } catch (error) {
        if (!hasReason(error, ...passing)) throw error;
        log.warn('task status could not be written; trying again', { task: task.metadata.name, namespace: task.metadata.namespace, error: messageOf(error) });
        await delay(clock, wait);
      }
    }
  }

  async function reread(key: ObjectKey, uid: string): Promise<Written> {
    const task = await client.get<Task>(tasks, key);
    return task === undefined || task.metadata.uid !== uid ? { kind: 'gone' } : { kind: 'again', task };
  }

  return {
    propose(task, proposal) {
      const { uid } = task.metadata;
      const before = queues.get(uid) ?? Promise.resolve();
      const mine = before.then(() => persist(task, proposal));
      const settled = mine.catch(() => undefined).finally(() => {
        if (queues.get(uid) === settled) queues.delete(uid);
      });
      queues.set(uid, settled);
      return mine;
    },
    forget: (uid) => void freshest.delete(uid),
  };
}

function newer(seen: Task, held: Task | undefined): Task {
  if (held === undefined) return seen;
  return BigInt(held.metadata.resourceVersion) > BigInt(seen.metadata.resourceVersion) ? held : seen;
}

/** True for a KubeError with one of these reasons. */
export function hasReason(error: unknown, ...reasons: readonly KubeReason[]): boolean {
  return isKind(error, 'kube') && reasons.includes((error as { reason: KubeReason }).reason);
}
