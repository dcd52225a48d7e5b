// The generic shell of all kinds: observe, decide, act, write the status when it differs. It knows no business.
import type { Condition } from '#api/v1alpha1/schema.ts';
import type { Instant } from '#api/time.ts';
import type { Clock } from '#platform/clock.ts';
import type { WriteGate } from '#platform/kube/gate-port.ts';
import type { ObjectKey } from '#platform/kube/types.ts';
import type { Log } from '#platform/telemetry/log.ts';

/** An intent with the reason for it: the same sentence is the log line, the event and the golden-test line. */
export type Noted<I> = I & { readonly note: string };

/** What to do about one object. */
export interface Decision<I, S> {
  /** Carried out in order; after the first failure nothing more is begun and the turn ends. */
  readonly intents: readonly Noted<I>[];
  /** The whole next status; absent: leave it as it is. */
  readonly status?: S;
  /** Look again after this time even if nothing happens. */
  readonly wakeAfterMs?: number;
}

/** One kind's five parts, as the shell sees them. */
export interface Reconcile<V, I, S> {
  readonly kind: string;
  /** Reads caches only; undefined when the object is gone. */
  observe(key: ObjectKey): V | undefined;
  /** Pure and total. */
  decide(view: V, now: Instant): Decision<I, S>;
  act(intent: I, view: V): Promise<void>;
  /** Group of an intent: neighbours of one group are carried out together, up to 16 at once. Absent: one after the other. */
  readonly together?: (intent: I) => string;
  /** The status that the object has in this view. */
  currentStatus(view: V): S | undefined;
  /** Merge patch of the status subresource; the object in this view is a precondition. */
  patchStatus(view: V, patch: object): Promise<void>;
  /** Shortest time between two status writes that change no condition. 0 writes at once. */
  readonly coalesceMs: number;
}

/** When the queue should call again; undefined: only on the next event. */
export interface Turn {
  readonly wakeAfterMs?: number;
}

interface StatusShape {
  readonly conditions?: readonly Condition[] | undefined;
}

export interface ShellDeps {
  readonly clock: Clock;
  readonly gate: WriteGate;
  readonly log: Log;
}

/** Turns a kind's five parts into a handler for the work queue. */
export function reconcileWith<V, I, S extends StatusShape>(parts: Reconcile<V, I, S>, deps: ShellDeps): (key: ObjectKey) => Promise<Turn> {
  const shell = new Shell(parts, deps);
  return (key) => shell.turn(key);
}

class Shell<V, I, S extends StatusShape> {
  readonly #parts: Reconcile<V, I, S>;
  readonly #deps: ShellDeps;
  /** When a status was last written, monotonic milliseconds by key. */
  readonly #lastWrite = new Map<string, number>();

  constructor(parts: Reconcile<V, I, S>, deps: ShellDeps) {
    this.#parts = parts;
    this.#deps = deps;
  }

  async turn(key: ObjectKey): Promise<Turn> {
    const { gate, clock } = this.#deps;
    const owner = `${this.#parts.kind}/${keyText(key)}`;
    await gate.closed(owner);
    const view = this.#parts.observe(key);
    if (view === undefined) {
      gate.forget(owner);
      this.#lastWrite.delete(keyText(key));
      return {};
    }
    const decision = this.#parts.decide(view, clock.now());
    await this.#act(key, view, decision.intents);
    const postponedMs = decision.status === undefined ? undefined : await this.#writeStatus(key, view, decision.status);
    return earliest(decision.wakeAfterMs, postponedMs);
  }

  async #act(key: ObjectKey, view: V, intents: readonly Noted<I>[]): Promise<void> {
    const { kind, together } = this.#parts;
    const { namespace, name } = key;
    for (const group of neighbours(intents, (intent) => together?.(intent))) {
      await atOnce(together === undefined ? 1 : mostAtOnce, group, (intent) => {
        this.#deps.log.info(intent.note, { kind, namespace, name });
        return this.#parts.act(intent, view);
      });
    }
  }

  /** Writes what differs; returns how long a write that can wait was put off, in milliseconds. */
  async #writeStatus(key: ObjectKey, view: V, next: S): Promise<number | undefined> {
    const { clock } = this.#deps;
    const { coalesceMs } = this.#parts;
    const current = this.#parts.currentStatus(view);
    const patch = statusPatch(current, next);
    if (patch === undefined) return undefined;
    const sinceLast = clock.monotonic() - (this.#lastWrite.get(keyText(key)) ?? Number.NEGATIVE_INFINITY);
    if (sinceLast < coalesceMs && sameConditions(current, next)) return coalesceMs - sinceLast;
    this.#lastWrite.set(keyText(key), clock.monotonic());
    await this.#parts.patchStatus(view, patch);
    return undefined;
  }
}

const mostAtOnce = 16;
// Timers of Node take 24 days at most and fire at once for more: a far wake-up is asked for day by day.
const longestWakeMs = 86_400_000;

/** Runs of intents of one group, in order. */
function neighbours<I>(intents: readonly I[], groupOf: (intent: I) => string | undefined): I[][] {
  const groups: I[][] = [];
  let last: string | undefined;
  for (const [index, intent] of intents.entries()) {
    const group = groupOf(intent);
    if (index > 0 && group === last) groups.at(-1)?.push(intent);
    else groups.push([intent]);
    last = group;
  }
  return groups;
}

/** Works on items in order, `limit` at once. After a failure none is begun any more, and it rejects once the running ones have ended. */
async function atOnce<T>(limit: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (const item of waiting) {
      try {
        if (failures.length === 0) await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
}

/** `namespace/name`, the form of queue keys. */
export function keyText({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

/** The key of `namespace/name`. */
export function parseKey(text: string): ObjectKey {
  const at = text.indexOf('/');
  return { namespace: text.slice(0, at), name: text.slice(at + 1) };
}

function earliest(...times: readonly (number | undefined)[]): Turn {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? {} : { wakeAfterMs: Math.min(longestWakeMs, ...known) };
}

/** Merge patch that turns one status into the other, or undefined when they mean the same. */
export function statusPatch(current: object | undefined, next: object): object | undefined {
  const patch = mergeDiff(asRecord(current ?? {}), asRecord(next));
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function mergeDiff(current: Record<string, unknown>, next: Record<string, unknown>): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(current), ...Object.keys(next)])) {
    const was = current[key];
    const is = next[key];
    if (is === undefined) {
      if (was !== undefined) patch[key] = null;
    } else if (isRecord(was) && isRecord(is)) {
      const inner = mergeDiff(was, is);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (!equal(was, is)) patch[key] = is;
  }
  return patch;
}

/** Deep equality of JSON values; key order does not count. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => equal(item, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => equal(a[key], b[key]));
}

function sameConditions(current: StatusShape | undefined, next: StatusShape): boolean {
  const essence = (status: StatusShape | undefined) => (status?.conditions ?? []).map(({ type, status: value, reason }) => `${type}=${value}/${reason}`).join(' ');
  return essence(current) === essence(next);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asRecord(value: object): Record<string, unknown> {
  return value as Record<string, unknown>;
}
