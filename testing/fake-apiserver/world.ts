// The objects of the double and their history: one version counter for everything, as in etcd.
import { isDeepStrictEqual } from 'node:util';
import type { ResourceType } from '#api/v1alpha1/kinds.ts';
import type { ObjectMeta } from '#api/v1alpha1/schema.ts';
import type { ObjectKey } from '#platform/kube/types.ts';
import { mergePatch } from './merge-patch.ts';
import { conflict, notFound, Refusal } from './refusal.ts';

export interface FakeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta & { readonly finalizers?: readonly string[] };
  readonly [field: string]: unknown;
}

/** One step of history. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly plural: string;
  readonly version: number;
  readonly object: FakeObject;
  /** The state before, for selectors that the object leaves or enters. */
  readonly old: FakeObject | undefined;
}

/** A backup of everything, as of etcd. */
export interface Backup {
  readonly version: number;
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, FakeObject>>;
}

export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

const keyText = ({ namespace, name }: ObjectKey) => `${namespace}/${name}`;

/** What can be known of an object that a test or a request brings. */
export interface Incoming {
  readonly metadata?: Partial<FakeObject['metadata']>;
  readonly [field: string]: unknown;
}

export class World {
  #version = 1000;
  #lastUid = 0;
  #objects = new Map<string, Map<string, FakeObject>>();
  #history: Change[] = [];
  readonly #onChange: (change: Change) => void;
  readonly #collectsGarbage: boolean;

  constructor(onChange: (change: Change) => void, collectsGarbage: boolean) {
    this.#onChange = onChange;
    this.#collectsGarbage = collectsGarbage;
  }

  get version(): number {
    return this.#version;
  }

  /** Changes of a kind after a version, oldest first. */
  since(plural: string, version: number): Change[] {
    return this.#history.filter((change) => change.plural === plural && change.version > version);
  }

  /** All objects of a kind in order of namespace and name. */
  list(plural: string): FakeObject[] {
    return [...this.#kind(plural)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  read(type: ResourceType, key: ObjectKey): FakeObject {
    const found = this.#kind(type.plural).get(keyText(key));
    if (found === undefined) throw notFound(type.plural, key.name);
    return found;
  }

  create(type: ResourceType, namespace: string, body: Incoming): FakeObject {
    const { metadata, status: _, ...rest } = body;
    const key = { namespace, name: metadata?.name ?? '' };
    if (key.name === '') throw new Refusal(422, 'Invalid', 'metadata.name: Required value');
    if (this.#kind(type.plural).has(keyText(key))) throw new Refusal(409, 'AlreadyExists', `${type.plural} "${key.name}" already exists`, { objectName: key.name });
    return this.#store(type, key, { ...rest, metadata: metadata ?? {} });
  }

  patch(type: ResourceType, key: ObjectKey, patch: Incoming, subresource: string | undefined): FakeObject {
    const old = this.read(type, key);
    checkPatch(type, key, { old, patch, subresource });
    const patched = mergePatch(old, patch) as FakeObject;
    const next: FakeObject = subresource === 'status' ? { ...old, status: patched.status } : { ...patched, status: old.status };
    if (isDeepStrictEqual(plain(old), plain(next))) return old;
    const generation = old.metadata.generation + (isDeepStrictEqual(plain(old.spec), plain(next.spec)) ? 0 : 1);
    const { uid, creationTimestamp, deletionTimestamp } = old.metadata;
    const metadata = { ...next.metadata, ...key, uid, creationTimestamp, generation, ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }) };
    const stored = this.#store(type, key, { ...next, metadata });
    return deletionTimestamp !== undefined && isFree(stored) ? this.#erase(type, key, stored) : stored;
  }

  /** Creates, or merges into what is there: ownership of fields is not modelled. */
  apply(type: ResourceType, key: ObjectKey, body: Incoming): FakeObject {
    return this.#kind(type.plural).has(keyText(key)) ? this.patch(type, key, body, undefined) : this.create(type, key.namespace, body);
  }

  remove(type: ResourceType, key: ObjectKey, wanted: Preconditions): FakeObject {
    const old = this.read(type, key);
    check(type, key, { old, wanted });
    if (isFree(old)) return this.#erase(type, key, old);
    if (old.metadata.deletionTimestamp !== undefined) return old;
    return this.#store(type, key, { ...old, metadata: { ...old.metadata, deletionTimestamp: now() } });
  }

  /** Stores an object as it is, past all rules; what its metadata lacks is filled in. */
  put(type: ResourceType, key: ObjectKey, object: Incoming): FakeObject {
    const old = this.#kind(type.plural).get(keyText(key));
    return this.#store(type, key, { ...object, metadata: { ...old?.metadata, ...object.metadata } });
  }

  backup(): Backup {
    return { version: this.#version, objects: new Map([...this.#objects].map(([plural, objects]) => [plural, new Map(objects)])) };
  }

  /** Goes back to a backup; history is gone, as after a restore of etcd. */
  restore({ version, objects }: Backup): void {
    this.#version = version;
    this.#objects = new Map([...objects].map(([plural, kind]) => [plural, new Map(kind)]));
    this.#history = [];
  }

  #kind(plural: string): Map<string, FakeObject> {
    let kind = this.#objects.get(plural);
    if (kind === undefined) {
      kind = new Map();
      this.#objects.set(plural, kind);
    }
    return kind;
  }

  #store(type: ResourceType, key: ObjectKey, object: Incoming): FakeObject {
    const old = this.#kind(type.plural).get(keyText(key));
    const birth = { uid: old?.metadata.uid ?? `00000000-0000-4000-8000-${String(++this.#lastUid).padStart(12, '0')}`, generation: 1, creationTimestamp: now() };
    const place = type.namespaced ? key : { name: key.name };
    const stored = {
      ...object,
      apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
      kind: type.kind,
      metadata: { ...birth, ...object.metadata, ...place, resourceVersion: String(++this.#version) },
    } as FakeObject;
    this.#kind(type.plural).set(keyText(key), stored);
    this.#record({ type: old === undefined ? 'ADDED' : 'MODIFIED', plural: type.plural, version: this.#version, object: stored, old });
    return stored;
  }

  #erase(type: ResourceType, key: ObjectKey, old: FakeObject): FakeObject {
    this.#kind(type.plural).delete(keyText(key));
    const last: FakeObject = { ...old, metadata: { ...old.metadata, resourceVersion: String(++this.#version) } };
    this.#record({ type: 'DELETED', plural: type.plural, version: this.#version, object: last, old });
    if (this.#collectsGarbage) this.#collect(type, old.metadata.uid);
    return last;
  }

  #collect(ownerType: ResourceType, uid: string): void {
    for (const [plural, kind] of this.#objects) {
      for (const object of kind.values()) {
        const owners = object.metadata.ownerReferences ?? [];
        if (owners.length === 0 || !owners.every((owner) => owner.uid === uid)) continue;
        const [group, version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion];
        const namespaced = object.metadata.namespace !== undefined;
        this.remove({ ...ownerType, group: group ?? '', version: version ?? '', kind: object.kind, plural, namespaced }, { namespace: object.metadata.namespace ?? '', name: object.metadata.name }, {});
      }
    }
  }

  #record(change: Change): void {
    this.#history.push(change);
    this.#onChange(change);
  }
}

function check(type: ResourceType, key: ObjectKey, { old, wanted }: { readonly old: FakeObject; readonly wanted: Preconditions }): void {
  if (wanted.uid !== undefined && wanted.uid !== old.metadata.uid) throw conflict(type.plural, key.name, `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${old.metadata.uid}`);
  if (wanted.resourceVersion !== undefined && wanted.resourceVersion !== old.metadata.resourceVersion) throw conflict(type.plural, key.name, 'the object has been modified; please apply your changes to the latest version and try again');
}

/** As the real server: another uid is an edit of an immutable field, no conflict, and not looked at when only the status is written. */
function checkPatch(type: ResourceType, key: ObjectKey, { old, patch, subresource }: { readonly old: FakeObject; readonly patch: Incoming; readonly subresource: string | undefined }): void {
  const { uid, resourceVersion } = patch.metadata ?? {};
  if (subresource !== 'status' && uid !== undefined && uid !== old.metadata.uid) throw new Refusal(422, 'Invalid', 'metadata.uid: Invalid value: field is immutable', { objectName: key.name, field: 'metadata.uid' });
  check(type, key, { old, wanted: { resourceVersion } });
}

function isFree(object: FakeObject): boolean {
  return (object.metadata.finalizers ?? []).length === 0;
}

/** Without fields that are undefined, as after a trip over the wire. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
