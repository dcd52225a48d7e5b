// Writes the status of one pod: the newest one wins, equal ones are not written, an absent API server is waited for.
import { type ApiClient, statusOf } from '../api-client.ts';
import type { Pod, PodStatus } from './pod.ts';

export interface StatusWriter {
  push(status: PodStatus): void;
  /** Resolves when the newest status was written, or cannot be any more. */
  flushed(): Promise<void>;
  /** Writes nothing more: the object is gone. */
  close(): void;
}

const longestPauseMs = 3000;

/** A writer for this incarnation of a pod. */
export function statusWriter(client: ApiClient, { metadata }: Pod): StatusWriter {
  const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/status`;
  let wanted: string | undefined;
  let written: string | undefined;
  let isClosed = false;
  let turn: Promise<void> | undefined;

  async function write(): Promise<void> {
    let pauseMs = 100;
    while (!isClosed && wanted !== undefined && essence(wanted) !== essence(written)) {
      const next = wanted;
      try {
        // Strategic merge keeps the conditions that others own.
        const body = { metadata: { uid: metadata.uid }, status: JSON.parse(next) as PodStatus };
        await client.send({ method: 'PATCH', path, body, contentType: 'application/strategic-merge-patch+json' });
        written = next;
      } catch (error) {
        if ([404, 409, 422].includes(statusOf(error) ?? -1)) return;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      }
    }
  }

  function start(): Promise<void> {
    turn ??= write().finally(() => {
      turn = undefined;
    });
    return turn;
  }

  return {
    push: (status) => {
      wanted = JSON.stringify(status);
      void start(); // write() never rejects: it retries or gives up
    },
    flushed: start,
    close: () => {
      isClosed = true;
    },
  };
}

/** A status apart from the times of its conditions, which differ while the cache is behind. */
function essence(status: string | undefined): string | undefined {
  return status?.replaceAll(/"lastTransitionTime":"[^"]*"/g, '');
}
