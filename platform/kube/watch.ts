// One watch: from the bytes of the stream to typed events. It judges no event; that is the reflector's.
import type { ResourceType } from '#api/v1alpha1/kinds.ts';
import type { Clock } from '#platform/clock.ts';
import { isKind, PlatformError } from '#platform/errors.ts';
import { isKubeError, KubeError } from './error.ts';
import { garbageKind, LineSplitter } from './lines.ts';
import { collectionPath, resourceName, withQuery } from './paths.ts';
import { errorOfAnswer, errorOfStatus } from './status.ts';
import type { Transport } from './transport.ts';
import type { KubeObject } from './types.ts';

/** A change as the server sends it; of a bookmark only the version counts. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Changes after this version. */
  readonly resourceVersion: string;
  /** When the server shall end the stream, in seconds. */
  readonly timeoutSeconds: number;
  /** Longest silence, in milliseconds. */
  readonly idleMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onEvent: (event: WatchEvent) => void;
}

/** Longest event line; etcd keeps objects below 1.5 MiB. */
const maxLineBytes = 16 * 1024 * 1024;

/** Follows a stream to its end. A half line at the end is dropped: the next watch starts before it. */
export async function runWatch(transport: Transport, type: ResourceType, options: WatchOptions): Promise<void> {
  const { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds, idleMs, clock, signal, onEvent } = options;
  const what = `watch ${resourceName(type)}`;
  const path = withQuery(collectionPath(type, namespace), { watch: 'true', allowWatchBookmarks: 'true', resourceVersion, timeoutSeconds, labelSelector, fieldSelector });
  const lines = new LineSplitter(maxLineBytes);
  const end = await transport.stream({ verb: 'watch', plural: type.plural, what, path }, {
    idleMs, clock, signal,
    onData: (chunk) => lines.push(chunk, (line) => onEvent(parseEvent(what, line))),
  });
  if (end.kind === 'refused') throw errorOfAnswer(what, end);
  if (end.kind === 'ended') return;
  if (isKubeError(end.cause) || isKind(end.cause, garbageKind)) throw end.cause;
  throw new KubeError(what, `the stream broke (${end.cause.message})`, { status: 0, reason: 'Unreachable', cause: end.cause });
}

const changes: ReadonlySet<string> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

function parseEvent(what: string, line: string): WatchEvent {
  const event = parseLine(what, line);
  if (event.type === 'ERROR') throw errorOfStatus(what, event.object ?? {}, event.object?.code ?? 500);
  if (!isChange(event)) throw garbage(what, line);
  return event;
}

function isChange(event: RawEvent): event is WatchEvent {
  return changes.has(event.type ?? '') && typeof event.object?.metadata?.resourceVersion === 'string';
}

interface RawEvent {
  readonly type?: string;
  readonly object?: Partial<KubeObject> & { readonly code?: number; readonly reason?: string; readonly message?: string };
}

function parseLine(what: string, line: string): RawEvent {
  try {
    return (JSON.parse(line) ?? {}) as RawEvent;
  } catch {
    throw garbage(what, line);
  }
}

function garbage(what: string, line: string): PlatformError {
  return new PlatformError(garbageKind, `${what}: got a line that is no event: ${line.slice(0, 80)}; an event may be lost; list again`);
}
