// Requests to one API server on kept-alive connections: credentials, deadlines, waiting when told to wait, and errors that say what happened.
import { Pool } from 'undici';
import { delay, systemClock, type Clock } from '#platform/clock.ts';
import type { ClusterConfig } from './auth.ts';
import { KubeError } from './error.ts';
import { exchange, type Exchanged } from './exchange.ts';
import { errorOfAnswer, type Answer } from './status.ts';
import { readStream, type StreamEnd, type StreamOptions } from './stream.ts';

export type KubeVerb = 'get' | 'list' | 'watch' | 'create' | 'patch' | 'apply' | 'delete' | 'post';

/** One HTTP request that ended, for metrics. */
export interface RequestRecord {
  readonly verb: KubeVerb;
  readonly plural: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Milliseconds from queueing to the end of the answer. */
  readonly ms: number;
}

export interface TransportOptions {
  readonly userAgent: string;
  /** Most connections for requests; watches have their own. 64 unless told. */
  readonly sockets?: number;
  /** Longest time of one request, in milliseconds; 30 s unless told. */
  readonly deadlineMs?: number;
  /** Called synchronously right before a mutating request leaves the process; what it throws stops the request. */
  readonly guard?: () => void;
  readonly onRequest?: (record: RequestRecord) => void;
  readonly clock?: Clock;
}

export interface KubeRequest {
  readonly verb: KubeVerb;
  readonly plural: string;
  /** Verb and object for messages: `patch tasks.coditect.ai team-a/build status`. */
  readonly what: string;
  readonly path: string;
  readonly body?: object;
  /** `application/json` unless told. */
  readonly contentType?: string;
}

export interface Transport {
  /** The answer of 2xx, or of one of the other statuses that `accept` allows; else a KubeError. */
  request(request: KubeRequest, accept?: (answer: Answer) => boolean): Promise<Answer>;
  /** Reads a stream on a connection of its own. */
  stream(request: KubeRequest, options: Omit<StreamOptions, 'path' | 'headers'>): Promise<StreamEnd>;
  close(): Promise<void>;
}

const methods = { get: 'GET', list: 'GET', watch: 'GET', create: 'POST', post: 'POST', patch: 'PATCH', apply: 'PATCH', delete: 'DELETE' } as const;
const guarded: ReadonlySet<KubeVerb> = new Set(['create', 'patch', 'apply', 'delete']);
const maxTries = 3;

/** Opens nothing yet: connections are made when requests need them. */
export function createTransport(config: ClusterConfig, options: TransportOptions): Transport {
  return new PooledTransport(config, options);
}

class PooledTransport implements Transport {
  readonly #config: ClusterConfig;
  readonly #options: TransportOptions;
  readonly #clock: Clock;
  readonly #requests: Pool;
  // A pool of its own without a limit: a watch occupies its connection for minutes.
  readonly #watches: Pool;

  constructor(config: ClusterConfig, options: TransportOptions) {
    this.#config = config;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    // HTTP/1.1 on purpose: over HTTP/2 a write burst would queue behind the server's limit of streams.
    const common = { connect: tlsOptions(config), allowH2: false, pipelining: 1, keepAliveTimeout: 60_000, connectTimeout: Math.min(options.deadlineMs ?? 30_000, 10_000) };
    this.#requests = new Pool(config.server, { ...common, connections: options.sockets ?? 64 });
    this.#watches = new Pool(config.server, common);
  }

  async request(request: KubeRequest, accept?: (answer: Answer) => boolean): Promise<Answer> {
    const body = request.body === undefined ? null : JSON.stringify(request.body);
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#send(request, body);
      if ((answer.status >= 200 && answer.status < 300) || accept?.(answer) === true) return answer;
      const error = errorOfAnswer(request.what, answer);
      if (attempt === maxTries || !(await this.#mayTryAgain(error, attempt))) throw error;
    }
  }

  async stream(request: KubeRequest, options: Omit<StreamOptions, 'path' | 'headers'>): Promise<StreamEnd> {
    const startedAt = performance.now();
    const end = await readStream(this.#watches, { ...options, path: request.path, headers: await this.#headers(request) });
    const status = end.kind === 'refused' ? end.status : end.kind === 'ended' ? 200 : 0;
    if (status === 401) this.#config.auth.refused();
    this.#options.onRequest?.({ verb: request.verb, plural: request.plural, status, ms: performance.now() - startedAt });
    return end;
  }

  async close(): Promise<void> {
    await Promise.all([this.#requests.close(), this.#watches.destroy()]);
  }

  async #send(request: KubeRequest, body: string | null): Promise<Answer> {
    const startedAt = performance.now();
    const headers = await this.#headers(request);
    const guard = guarded.has(request.verb) ? this.#options.guard : undefined;
    guard?.();
    const exchanged = await exchange(this.#requests, { method: methods[request.verb], path: request.path, headers, body, guard, deadlineMs: this.#options.deadlineMs ?? 30_000 });
    const status = exchanged.kind === 'answered' ? exchanged.status : 0;
    this.#options.onRequest?.({ verb: request.verb, plural: request.plural, status, ms: performance.now() - startedAt });
    if (exchanged.kind === 'failed') throw connectionError(request, exchanged);
    return exchanged;
  }

  /** True, after the wait that the server asked for, when it surely did not act: 429 with Retry-After, or 401 with credentials that may be stale. */
  async #mayTryAgain(error: KubeError, attempt: number): Promise<boolean> {
    if (error.status === 401 && attempt === 1) {
      this.#config.auth.refused();
      return true;
    }
    if (error.status !== 429 || error.retryAfterMs === undefined || error.retryAfterMs > longestWaitMs) return false;
    await delay(this.#clock, error.retryAfterMs);
    return true;
  }

  async #headers(request: KubeRequest): Promise<string[]> {
    const headers = ['accept', 'application/json', 'user-agent', this.#options.userAgent];
    const auth = await this.#config.auth.headers();
    for (const name in auth) headers.push(name, auth[name] ?? '');
    if (request.body !== undefined) headers.push('content-type', request.contentType ?? 'application/json');
    return headers;
  }
}

/** Longer waits are the caller's, who may have better things to do. */
const longestWaitMs = 10_000;

function connectionError(request: KubeRequest, { sent, timedOut, cause }: Extract<Exchanged, { kind: 'failed' }>): KubeError {
  const mutating = methods[request.verb] !== 'GET';
  const reason = !sent ? 'Unreachable' : mutating ? 'LostReply' : timedOut ? 'Timeout' : 'Unreachable';
  return new KubeError(request.what, sent ? `no reply (${cause.message})` : `no connection (${cause.message})`, { status: 0, reason, cause });
}

function tlsOptions({ ca, tlsServerName, skipTlsVerify, auth }: ClusterConfig): object {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
    ...(skipTlsVerify === true ? { rejectUnauthorized: false } : {}),
    ...auth.certificate,
  };
}
