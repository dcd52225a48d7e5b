// The client of the rest of the house: verbs on objects over the transport. It keeps no cache and repeats no write whose fate is unknown.
import { fieldManager } from '#api/labels.ts';
import type { ResourceType } from '#api/v1alpha1/kinds.ts';
import { PlatformError } from '#platform/errors.ts';
import type { ClusterConfig } from './auth.ts';
import { KubeError } from './error.ts';
import { collectionPath, keyName, objectPath, resourceName, withQuery } from './paths.ts';
import { isAbsent, type Answer } from './status.ts';
import { createTransport, type Transport, type TransportOptions } from './transport.ts';
import type { DeleteOptions, KubeClient, KubeObject, ListOptions, NewObject, ObjectKey } from './types.ts';
import { runWatch, type WatchOptions } from './watch.ts';

/** One page of a list. */
export interface ListPage<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** Asks for the next page; undefined on the last. */
  readonly continueToken: string | undefined;
}

/** The client with what reflectors need on top. */
export interface WatchingClient extends KubeClient {
  listPage<T extends KubeObject>(type: ResourceType, options: ListOptions & { readonly continueToken?: string | undefined }): Promise<ListPage<T>>;
  /** Follows changes until the server ends the stream (resolves) or something breaks it (a KubeError, or an error of kind `garbage`). */
  watch(type: ResourceType, options: WatchOptions): Promise<void>;
}

export interface KubeClientOptions extends TransportOptions {
  /** Who owns the fields that are written; the operator unless told. */
  readonly fieldManager?: string;
}

/** A client on connection pools of its own; `guard` sees every create, patch, apply and delete before it leaves. */
export function createKubeClient(config: ClusterConfig, options: KubeClientOptions): WatchingClient {
  return new HttpKubeClient(createTransport(config, options), options.fieldManager ?? fieldManager);
}

class HttpKubeClient implements WatchingClient {
  readonly #transport: Transport;
  readonly #fieldManager: string;

  constructor(transport: Transport, manager: string) {
    this.#transport = transport;
    this.#fieldManager = manager;
  }

  async get<T extends KubeObject>(type: ResourceType, key: ObjectKey): Promise<T | undefined> {
    const what = `get ${resourceName(type)} ${keyName(key)}`;
    const answer = await this.#transport.request({ verb: 'get', plural: type.plural, what, path: objectPath(type, key) }, isAbsent);
    return answer.status === 404 ? undefined : parse<T>(what, answer);
  }

  async list<T extends KubeObject>(type: ResourceType, options: ListOptions = {}): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }> {
    const items: T[] = [];
    let page: ListPage<T> | undefined;
    do {
      page = await this.listPage<T>(type, { ...options, continueToken: page?.continueToken });
      for (const item of page.items) items.push(item);
    } while (page.continueToken !== undefined);
    return { items, resourceVersion: page.resourceVersion };
  }

  async listPage<T extends KubeObject>(type: ResourceType, { namespace, pageSize = 500, continueToken, ...selectors }: ListOptions & { readonly continueToken?: string | undefined }): Promise<ListPage<T>> {
    const what = `list ${resourceName(type)}`;
    const path = withQuery(collectionPath(type, namespace), { ...selectors, limit: pageSize, continue: continueToken });
    const { items, metadata } = parse<{ items: T[] | null; metadata: { resourceVersion: string; continue?: string } }>(what, await this.#transport.request({ verb: 'list', plural: type.plural, what, path }));
    return { items: (items ?? []).map((item) => withType(type, item)), resourceVersion: metadata.resourceVersion, continueToken: metadata.continue || undefined };
  }

  async create<T extends KubeObject>(type: ResourceType, object: NewObject): Promise<T> {
    const key = keyOf(object);
    const what = `create ${resourceName(type)} ${keyName(key)}`;
    const path = withQuery(collectionPath(type, key.namespace), { fieldManager: this.#fieldManager });
    return parse<T>(what, await this.#transport.request({ verb: 'create', plural: type.plural, what, path, body: object }));
  }

  async mergePatch<T extends KubeObject>(type: ResourceType, key: ObjectKey, patch: object, subresource?: 'status' | 'scale'): Promise<T> {
    const what = `patch ${resourceName(type)} ${keyName(key)}${subresource === undefined ? '' : ` ${subresource}`}`;
    const path = withQuery(objectPath(type, key, subresource), { fieldManager: this.#fieldManager });
    const patched = parse<T>(what, await this.#transport.request({ verb: 'patch', plural: type.plural, what, path, body: patch, contentType: 'application/merge-patch+json' }));
    checkIncarnation(what, patch, patched);
    return patched;
  }

  async apply<T extends KubeObject>(type: ResourceType, object: NewObject): Promise<T> {
    const key = keyOf(object);
    const what = `apply ${resourceName(type)} ${keyName(key)}`;
    const path = withQuery(objectPath(type, key), { fieldManager: this.#fieldManager, force: 'true' });
    return parse<T>(what, await this.#transport.request({ verb: 'apply', plural: type.plural, what, path, body: object, contentType: 'application/apply-patch+yaml' }));
  }

  async delete(type: ResourceType, key: ObjectKey, { uid, resourceVersion, gracePeriodSeconds }: DeleteOptions = {}): Promise<'deleted' | 'gone' | 'changed'> {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background', gracePeriodSeconds, preconditions: { uid, resourceVersion } };
    const what = `delete ${resourceName(type)} ${keyName(key)}`;
    const answer = await this.#transport.request({ verb: 'delete', plural: type.plural, what, path: objectPath(type, key), body }, (refused) => isAbsent(refused) || refused.status === 409);
    if (answer.status === 404) return 'gone';
    return answer.status === 409 ? 'changed' : 'deleted';
  }

  async post<T>(path: string, body: object): Promise<T> {
    const what = `post ${path}`;
    return parse<T>(what, await this.#transport.request({ verb: 'post', plural: path.slice(path.lastIndexOf('/') + 1), what, path, body }));
  }

  watch(type: ResourceType, options: WatchOptions): Promise<void> {
    return runWatch(this.#transport, type, options);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}

function parse<T>(what: string, answer: Answer): T {
  try {
    return JSON.parse(answer.text) as T;
  } catch (cause) {
    throw new KubeError(what, `the answer is not JSON: ${answer.text.slice(0, 80)}`, { status: answer.status, reason: 'Unknown', cause });
  }
}

/** The server ignores the uid in a patch of a custom resource's status, so a write to a later object of the same name shows only in the answer. */
function checkIncarnation(what: string, patch: { readonly metadata?: { readonly uid?: string } }, { metadata }: KubeObject): void {
  const wanted = patch.metadata?.uid;
  if (wanted === undefined || metadata.uid === wanted) return;
  throw new KubeError(what, `it was meant for uid ${wanted} and changed ${metadata.uid}, a later object of this name`, { status: 200, reason: 'Conflict' });
}

/** Items of lists of built-in kinds come without their type. */
function withType<T extends KubeObject>(type: ResourceType, item: T): T {
  if (item.kind !== undefined) return item;
  return { ...item, kind: type.kind, apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}` };
}

function keyOf({ metadata }: NewObject): ObjectKey {
  if (metadata.name === '') throw new PlatformError('argument', 'write an object without a name: it could not be found again; give it a name');
  return { namespace: metadata.namespace ?? '', name: metadata.name };
}
