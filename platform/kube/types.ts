// What the rest of the house sees of Kubernetes. The transport, reflector and queue behind it are in this folder.
import type { ObjectMeta, OwnerReference } from '#api/v1alpha1/schema.ts';
import type { ResourceType } from '#api/v1alpha1/kinds.ts';

export interface ObjectKey {
  /** Empty for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

/** Any object as the API server sends it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** An object to be created: the server fills in the rest of its metadata. */
export interface NewObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
  };
  readonly [field: string]: unknown;
}

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects per page; 500 unless told. */
  readonly pageSize?: number;
}

export interface DeleteOptions {
  /** Preconditions: the object is deleted only if it still has this uid and version. */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
}

/** Requests on one connection pool. Every method rejects with a KubeError; mutating ones ask the guard first. */
export interface KubeClient {
  /** The object, or undefined when there is none. */
  get<T extends KubeObject>(type: ResourceType, key: ObjectKey): Promise<T | undefined>;
  /** All objects, fetched page by page, with the version of the list. */
  list<T extends KubeObject>(type: ResourceType, options?: ListOptions): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }>;
  /** Fails with reason AlreadyExists when the name is taken. */
  create<T extends KubeObject>(type: ResourceType, object: NewObject): Promise<T>;
  /**
   * JSON merge patch. `metadata.uid` and `metadata.resourceVersion` inside the patch are preconditions (Conflict). On the status of a custom
   * resource the server checks the version only: a uid alone is noticed (Conflict) after a new object of that name was written.
   */
  mergePatch<T extends KubeObject>(type: ResourceType, key: ObjectKey, patch: object, subresource?: 'status' | 'scale'): Promise<T>;
  /** Server-side apply with our field manager, forced. */
  apply<T extends KubeObject>(type: ResourceType, object: NewObject): Promise<T>;
  /** `changed`: a precondition did not hold. */
  delete(type: ResourceType, key: ObjectKey, options?: DeleteOptions): Promise<'deleted' | 'gone' | 'changed'>;
  /** Raw JSON request for what has no object, such as a TokenReview. */
  post<T>(path: string, body: object): Promise<T>;
  close(): Promise<void>;
}

/** A change in a store. */
export type StoreEvent<P> =
  | { readonly kind: 'added'; readonly object: P }
  | { readonly kind: 'updated'; readonly object: P; readonly old: P }
  | { readonly kind: 'deleted'; readonly object: P };

/** The cache of one kind: a read-only view with indexes. */
export interface Store<P> {
  get(key: ObjectKey): P | undefined;
  /** Objects whose index `name` has `value`; empty when there are none. Order is not defined. */
  byIndex(name: string, value: string): readonly P[];
  list(): readonly P[];
  readonly size: number;
  /** Version of the newest list, event or bookmark seen; empty before the first list. */
  readonly resourceVersion: string;
  /** Calls `listener` for each later change; the returned function ends it. A listener that throws harms nobody. */
  subscribe(listener: (event: StoreEvent<P>) => void): () => void;
}

/** Reason of a failed request, from the server's Status or from the connection. */
export type KubeReason =
  | 'NotFound' | 'AlreadyExists' | 'Conflict' | 'Invalid' | 'BadRequest' | 'Forbidden' | 'Unauthorized' | 'Expired' | 'TooManyRequests'
  | 'RequestEntityTooLarge' | 'Timeout' | 'ServerError' | 'Unreachable' | 'LostReply' | 'NotLeader' | 'Unknown';
