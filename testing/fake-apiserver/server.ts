// The double itself: an HTTP server over the world, the watches, the faults and the journal.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ResourceType } from '#api/v1alpha1/kinds.ts';
import type { ClusterConfig } from '#platform/kube/auth.ts';
import type { KubeVerb } from '#platform/kube/transport.ts';
import type { ObjectKey } from '#platform/kube/types.ts';
import { createFaults, type Fault, type Faults } from './faults.ts';
import { Lists } from './lists.ts';
import { Refusal, statusOf } from './refusal.ts';
import { readRequest, type FakeRequest } from './request.ts';
import { Watches } from './watches.ts';
import { World, type Backup, type FakeObject, type Incoming, type Preconditions } from './world.ts';

export interface FakeApiServerOptions {
  readonly types: readonly ResourceType[];
  /** True: objects go with the last of their owners. A server without controllers does not do that. */
  readonly collectsGarbage?: boolean;
}

/** One request that arrived. */
export interface JournalEntry {
  readonly verb: KubeVerb;
  readonly plural: string;
  /** `namespace/name`. */
  readonly key: string;
  readonly subresource: string | undefined;
  readonly body: unknown;
  readonly userAgent: string;
  readonly query: string;
  /** Status answered; 0 until then, and for ever when the connection was cut. */
  status: number;
}

export interface FakeApiServer {
  readonly config: ClusterConfig;
  readonly faults: Faults;
  /** All requests in the order of arrival. */
  readonly journal: readonly JournalEntry[];
  /** The requests that ask for a change. */
  writes(): readonly JournalEntry[];
  /** Stores an object as it is, past all rules; kind and apiVersion must be of a known type. */
  put(object: Incoming & { readonly apiVersion: string; readonly kind: string }): FakeObject;
  /** Deletes as a client would. */
  remove(plural: string, key: ObjectKey): void;
  objects(plural: string): readonly FakeObject[];
  /** Answers creates of a kind, or of `kind/subresource`, by a function; nothing is stored. For reviews and tokens. */
  respond(plural: string, answer: (body: unknown) => object): void;
  /** Tells all watches the current version. */
  bookmark(): void;
  /** Watches open now. */
  watchCount(plural?: string): number;
  backup(): Backup;
  /** Goes back to a backup: versions go back too, and all watches are cut. */
  restore(backup: Backup): void;
  stop(): Promise<void>;
}

/** Starts a double on a free port of 127.0.0.1. */
export async function startFakeApiServer(options: FakeApiServerOptions): Promise<FakeApiServer> {
  const double = new Double(options);
  await double.listen();
  return double;
}

class Double implements FakeApiServer {
  readonly faults: ReturnType<typeof createFaults>;
  readonly journal: JournalEntry[] = [];
  readonly #types: readonly ResourceType[];
  readonly #watches = new Watches();
  readonly #world: World;
  readonly #lists: Lists;
  readonly #responders = new Map<string, (body: unknown) => object>();
  readonly #server: Server;

  constructor({ types, collectsGarbage = false }: FakeApiServerOptions) {
    this.#types = types;
    this.#world = new World((change) => this.#watches.publish(change), collectsGarbage);
    this.#lists = new Lists(this.#world);
    this.faults = createFaults(this.#watches);
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (message, response) => void this.#serve(message, response));
  }

  get config(): ClusterConfig {
    const { port } = this.#server.address() as AddressInfo;
    return { server: `http://127.0.0.1:${port}`, auth: { headers: async () => ({}), refused: () => {} } };
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  writes(): readonly JournalEntry[] {
    return this.journal.filter(({ verb, plural, subresource }) => !reading.has(verb) && !this.#responders.has(responderKey(plural, subresource)));
  }

  put(object: Incoming & { readonly apiVersion: string; readonly kind: string }): FakeObject {
    const type = this.#types.find(({ kind, group, version }) => kind === object.kind && object.apiVersion === (group === '' ? version : `${group}/${version}`));
    if (type === undefined) throw new Error(`put a ${object.apiVersion} ${object.kind}: the double does not know this type; name it in \`types\``);
    return this.#world.put(type, { namespace: object.metadata?.namespace ?? '', name: object.metadata?.name ?? '' }, object);
  }

  remove(plural: string, key: ObjectKey): void {
    const type = this.#types.find((known) => known.plural === plural);
    if (type !== undefined) this.#world.remove(type, key, {});
  }

  objects(plural: string): readonly FakeObject[] {
    return this.#world.list(plural);
  }

  respond(plural: string, answer: (body: unknown) => object): void {
    this.#responders.set(plural, answer);
  }

  bookmark(): void {
    this.#watches.bookmark(this.#world.version);
  }

  watchCount(plural?: string): number {
    return this.#watches.count(plural);
  }

  backup(): Backup {
    return this.#world.backup();
  }

  restore(backup: Backup): void {
    this.#world.restore(backup);
    this.#lists.forget();
    this.#watches.reset();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    let entry: JournalEntry | undefined;
    try {
      const request = await readRequest(message, this.#types);
      entry = entryOf(request, message.headers['user-agent'] ?? '');
      this.journal.push(entry);
      const fault = this.faults.take(request);
      if (!(await this.#mayAct(fault, response))) return;
      if (request.verb === 'watch') this.#watch(request, response, fault);
      else this.#reply(request, response, fault);
    } catch (error) {
      refuse(response, error);
    }
    if (entry !== undefined && response.headersSent) entry.status = response.statusCode;
  }

  async #mayAct(fault: Fault | undefined, response: ServerResponse): Promise<boolean> {
    if (fault?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (fault?.kind === 'answer') throw new Refusal(fault.status, fault.reason, 'a fault that the test asked for', { retryAfterSeconds: fault.retryAfterSeconds });
    if (fault?.kind === 'cut') response.socket?.resetAndDestroy();
    return fault?.kind !== 'cut' && !response.destroyed;
  }

  #act(request: FakeRequest): object {
    const { verb, type, name, namespace, subresource } = request;
    const key = { namespace, name };
    const body = (request.body ?? {}) as Incoming;
    if (verb === 'get') return this.#world.read(type, key);
    if (verb === 'list') return this.#lists.page(request);
    if (verb === 'patch') return this.#world.patch(type, key, body, subresource);
    if (verb === 'apply') return this.#world.apply(type, key, body);
    if (verb === 'delete') return this.#world.remove(type, key, (body.preconditions ?? {}) as Preconditions);
    return this.#create(request, body);
  }

  #create({ type, namespace, plural, subresource }: FakeRequest, body: Incoming): object {
    const responder = this.#responders.get(responderKey(plural, subresource));
    return responder === undefined ? this.#world.create(type, namespace, body) : responder(body);
  }

  #watch(request: FakeRequest, response: ServerResponse, fault: Fault | undefined): void {
    if (fault?.kind === 'expireInStream') return this.#watches.expireInStream(response);
    const from = Number(request.query.get('resourceVersion') ?? 0);
    this.#watches.open(request, response, this.#world.since(request.plural, from));
  }

  #reply(request: FakeRequest, response: ServerResponse, fault: Fault | undefined): void {
    const answer = this.#act(request);
    if (fault?.kind === 'dropReply') response.socket?.resetAndDestroy();
    else sendJson(response, request.verb === 'create' ? 201 : 200, answer);
  }
}

const reading: ReadonlySet<KubeVerb> = new Set(['get', 'list', 'watch']);

function responderKey(plural: string, subresource: string | undefined): string {
  return subresource === undefined ? plural : `${plural}/${subresource}`;
}

function entryOf({ verb, plural, namespace, name, subresource, body, query }: FakeRequest, userAgent: string): JournalEntry {
  const created = verb === 'create' && name === '' ? ((body as Incoming | undefined)?.metadata?.name ?? '') : name;
  return { verb, plural, key: `${namespace}/${created}`, subresource, body, userAgent, query: query.toString(), status: 0 };
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return;
  const refusal = error instanceof Refusal ? error : new Refusal(500, 'InternalError', String(error));
  const { retryAfterSeconds } = refusal.details;
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', String(retryAfterSeconds));
  sendJson(response, refusal.code, statusOf(refusal));
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
