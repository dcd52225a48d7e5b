// The API server and the cache of tasks in one: versions, preconditions, the rule of the one outcome, faults on demand, and a watch that can lag.
import type { ResourceType } from '#api/v1alpha1/kinds.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { KubeError } from '#platform/kube/error.ts';
import type { KubeClient, KubeObject, KubeReason, ObjectKey, Store, StoreEvent } from '#platform/kube/types.ts';
import { mergePatch } from '#testing/fake-apiserver/merge-patch.ts';

/** What goes wrong with a write. `applied`: it was carried out all the same. */
export interface WriteFault {
  readonly reason: KubeReason;
  readonly applied?: boolean;
  readonly retryAfterMs?: number;
}

type Patch = { readonly metadata: { readonly uid: string; readonly resourceVersion: string }; readonly status: object };

export class FakeTasks implements Pick<KubeClient, 'get' | 'mergePatch'>, Store<Task> {
  /** Status patches that arrived, in order. */
  readonly writes: { readonly name: string; readonly status: Record<string, unknown> }[] = [];
  /** Used up by writes, one by one. */
  readonly faults: WriteFault[] = [];
  /** Called before each write is looked at: what others do meanwhile. */
  beforeWrite: (name: string) => void | Promise<void> = () => {};
  readonly #server = new Map<string, Task>();
  readonly #cache = new Map<string, Task>();
  readonly #listeners = new Set<(event: StoreEvent<Task>) => void>();
  #held: StoreEvent<Task>[] | undefined;
  #version = 100;

  constructor(...tasks: readonly Task[]) {
    for (const task of tasks) this.put(task);
  }

  /** Stores a task as it is, as another client would. */
  put(task: Task): Task {
    const stored = { ...task, metadata: { ...task.metadata, resourceVersion: String(++this.#version) } };
    const old = this.#server.get(keyOf(task.metadata));
    this.#server.set(keyOf(task.metadata), stored);
    this.#publish(old === undefined ? { kind: 'added', object: stored } : { kind: 'updated', object: stored, old });
    return stored;
  }

  remove(name: string): void {
    const task = this.at(name);
    this.#server.delete(keyOf(task.metadata));
    this.#publish({ kind: 'deleted', object: task });
  }

  /** The task of this name as the server has it. */
  at(name: string): Task {
    const found = this.#server.get(`team-a/${name}`);
    if (found === undefined) throw new Error(`no task ${name} on the server`);
    return found;
  }

  /** Holds the watch back. */
  freeze(): void {
    this.#held = [];
  }

  thaw(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const event of held) this.#publish(event);
  }

  get size(): number {
    return this.#cache.size;
  }

  get resourceVersion(): string {
    return String(this.#version);
  }

  byIndex(): readonly Task[] {
    return [];
  }

  list(): readonly Task[] {
    return [...this.#cache.values()];
  }

  subscribe(listener: (event: StoreEvent<Task>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // One method for two ports: the cache answers at once, the server by a promise.
  get(key: ObjectKey): Task | undefined;
  get<T extends KubeObject>(type: ResourceType, key: ObjectKey): Promise<T | undefined>;
  get<T extends KubeObject>(first: ResourceType | ObjectKey, key?: ObjectKey): Task | undefined | Promise<T | undefined> {
    if (key === undefined) return this.#cache.get(keyOf(first as ObjectKey));
    return Promise.resolve(this.#server.get(keyOf(key)) as unknown as T | undefined);
  }

  async mergePatch<T extends KubeObject>(_type: ResourceType, key: ObjectKey, patch: object): Promise<T> {
    await this.beforeWrite(key.name);
    const fault = this.faults.shift();
    if (fault !== undefined && fault.applied !== true) throw refusal(fault);
    const written = this.#apply(key, patch as Patch);
    if (fault !== undefined) throw refusal(fault);
    return written as unknown as T;
  }

  #apply(key: ObjectKey, { metadata, status }: Patch): Task {
    const found = this.#server.get(keyOf(key));
    if (found === undefined) throw refusal({ reason: 'NotFound' });
    if (found.metadata.uid !== metadata.uid || found.metadata.resourceVersion !== metadata.resourceVersion) throw refusal({ reason: 'Conflict' });
    const next = mergePatch(found, { status }) as Task;
    if (found.status?.outcome !== undefined && JSON.stringify(found.status.outcome) !== JSON.stringify(next.status?.outcome)) throw refusal({ reason: 'Invalid' });
    this.writes.push({ name: key.name, status: status as Record<string, unknown> });
    return this.put(next);
  }

  #publish(event: StoreEvent<Task>): void {
    if (this.#held !== undefined) return void this.#held.push(event);
    if (event.kind === 'deleted') this.#cache.delete(keyOf(event.object.metadata));
    else this.#cache.set(keyOf(event.object.metadata), event.object);
    for (const listener of this.#listeners) listener(event);
  }
}

function refusal({ reason, retryAfterMs }: WriteFault): KubeError {
  return new KubeError('patch task', 'a fault that the test asked for', { status: 0, reason, retryAfterMs });
}

function keyOf({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}
