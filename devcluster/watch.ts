// Keeps a view of a collection up to date: list, watch, and again after whatever goes wrong.
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, ApiError, statusOf, type WatchEvent } from './api-client.ts';

/** The least that a watched object has. */
export interface WatchedObject {
  readonly metadata: { readonly uid: string; readonly name: string; readonly resourceVersion: string };
}

export interface WatchHandler<T> {
  /** The whole collection, after a list. */
  replaced(items: readonly T[]): void;
  changed(object: T): void;
  deleted(object: T): void;
}

interface Listing<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

const longestPauseMs = 3000;

/** Watches until `signal` aborts. While the API server is away the last view stays. */
export async function watchCollection<T extends WatchedObject>(client: ApiClient, collection: string, handler: WatchHandler<T>, signal: AbortSignal): Promise<void> {
  const query = (more: string) => `${collection}${collection.includes('?') ? '&' : '?'}${more}`;
  let version: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const list: Listing<T> = await client.send({ method: 'GET', path: collection });
        handler.replaced(list.items);
        version = list.metadata.resourceVersion;
      }
      const onEvent = (event: WatchEvent<T>) => {
        version = deliver(event, handler);
        failures = 0;
      };
      await client.watch<T>(query(`watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=${version}`), onEvent, signal);
    } catch (error) {
      if (![0, undefined].includes(statusOf(error))) version = undefined; // expired or unknown to this server: list again
      failures += 1;
    }
    await pause(failures, signal);
  }
}

function deliver<T extends WatchedObject>({ type, object }: WatchEvent<T>, handler: WatchHandler<T>): string {
  if (type === 'ERROR') throw new ApiError('watch: the server ended it with an error', (object as { code?: number }).code ?? 410);
  if (type === 'DELETED') handler.deleted(object);
  else if (type !== 'BOOKMARK') handler.changed(object);
  return object.metadata.resourceVersion;
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
  const ms = failures === 0 ? 10 : Math.min(longestPauseMs, 100 * 2 ** Math.min(failures, 6)) * (0.75 + Math.random() / 2);
  await sleep(ms, undefined, { signal }).catch(() => {});
}
