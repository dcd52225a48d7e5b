// Writes the status of one pod: the newest one wins, equal ones are not written, an absent API server is waited for.
import { type ApiClient, statusOf } from '../api-client.ts';
import type { Pod, PodStatus } from './pod.ts';

export interface StatusWriter {
  push(status: PodStatus): void;
  /** Resolves when the newest status was written, or cannot be any more. */
  flushed(): Promise<void>;
  /** Writes nothing more. */
  close(): void;
}

const firstPauseMs = 100;
const longestPauseMs = 3000;

/** A writer for this incarnation of a pod. */
export function statusWriter(client: ApiClient, { metadata }: Pod): StatusWriter {
  let wanted: PodStatus | undefined;
  let written: string | undefined;
  let isClosed = false;
  let turn: Promise<void> | undefined;

  async function write(): Promise<void> {
    let pauseMs = firstPauseMs;
    while (!isClosed && wanted !== undefined && essence(wanted) !== written) {
      const next = wanted;
      try {
        await client.send(statusPatch(metadata, next));
        written = essence(next);
      } catch (error) {
        if ([404, 409, 422].includes(statusOf(error) ?? -1)) return;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
  }

  function flushed(): Promise<void> {
    turn ??= write().finally(() => {
      turn = undefined;
    });
    return turn;
  }

  return {
    push: (status) => {
      wanted = status;
      void flushed(); // never rejects: it retries or gives up
    },
    flushed,
    close: () => {
      isClosed = true;
    },
  };
}

/** A strategic merge keeps the conditions that others own; what a condition of ours does not say any more is taken out. */
function statusPatch({ namespace, name, uid }: Pod['metadata'], status: PodStatus) {
  const conditions = status.conditions?.map((condition) => ({ reason: null, message: null, ...condition }));
  return {
    method: 'PATCH',
    path: `/api/v1/namespaces/${namespace}/pods/${name}/status`,
    body: { metadata: { uid }, status: { ...status, conditions } },
    contentType: 'application/strategic-merge-patch+json',
  } as const;
}

/** A status apart from the times of its conditions, which differ while the view of the pod is behind. */
function essence(status: PodStatus): string {
  return JSON.stringify({ ...status, conditions: status.conditions?.map((condition) => ({ ...condition, lastTransitionTime: '' })) });
}
