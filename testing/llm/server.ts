// A scripted model server: speaks the Messages API on the loopback, answers by a policy, fails on demand, and keeps the bill.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Usage } from '@anthropic-ai/sdk/resources/messages';
import { type Clock, delay, systemClock } from '#platform/clock.ts';
import { SimulatedBatches } from './batches.ts';
import { PromptCache, promptTokens } from './cache.ts';
import { checkConversation } from './conversation.ts';
import { type Fault, Faults, refusalOf, type When } from './faults.ts';
import { noCalls, type Totals, withAnswer } from './ledger.ts';
import { type Answer, outputOf, usageOf } from './message.ts';
import { type Policy, type Reply, say } from './policy.ts';
import { errorBody, Refusal } from './refusal.ts';
import { type ParsedRequest, parseCount, parseMessages, readBody } from './request.ts';
import { type Exchange, sendJson, sendMessage, sendStream } from './send.ts';

/** Header of every answer: nobody takes a simulation for a model. */
export const simulatedHeader = 'x-coditect-simulated';

/** So many requests are remembered; older ones are forgotten. */
const requestsKept = 10_000;

export interface ModelServerOptions {
  readonly policy: Policy;
  /** Time of cache entries, stalls and slow answers. */
  readonly clock?: Clock;
  /** Unset: every key but an empty one is right. */
  readonly isKeyValid?: (key: string) => boolean;
  /** How long a batch takes, in milliseconds. Unset: no time. */
  readonly batchMs?: number;
  /** Unset: the system chooses. */
  readonly port?: number;
  /** Address of this machine to listen on. Unset: 127.0.0.1. */
  readonly address?: string;
}

/** A request as it came, whatever became of it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Set once the request was found valid. */
  model?: string;
  /** Status of the answer, 0 while there is none. */
  status: number;
  fault?: Fault['kind'];
  /** Set when an answer was generated. */
  usage?: Usage;
}

export interface ModelServer {
  /** Base URL for clients, without a path. */
  readonly url: string;
  requests(): readonly SeenRequest[];
  usage(): Totals;
  /** Breaks calls, the next one unless told otherwise; the returned function takes the fault back. */
  fail(fault: Fault, when?: When): () => void;
  close(): Promise<void>;
}

/** Starts a server, on the loopback unless told otherwise. */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const server = new ScriptedServer(options);
  await server.listen(options.port ?? 0, options.address ?? '127.0.0.1');
  return server;
}

class ScriptedServer implements ModelServer {
  readonly #policy: Policy;
  readonly #clock: Clock;
  readonly #isKeyValid: (key: string) => boolean;
  readonly #cache: PromptCache;
  readonly #faults = new Faults();
  readonly #batches: SimulatedBatches;
  readonly #closing = new AbortController();
  readonly #server: Server;
  readonly #seen: SeenRequest[] = [];
  #totals = noCalls;
  #ids = 0;

  constructor({ policy, clock = systemClock, isKeyValid = (key) => key !== '', batchMs = 0 }: ModelServerOptions) {
    this.#policy = policy;
    this.#clock = clock;
    this.#isKeyValid = isKeyValid;
    this.#cache = new PromptCache(clock);
    this.#batches = new SimulatedBatches(clock, batchMs);
    this.#server = createServer((message, response) => void this.#serve(message, response));
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  listen(port: number, address: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(port, address, resolve);
    });
  }

  requests(): readonly SeenRequest[] {
    return [...this.#seen];
  }

  usage(): Totals {
    return this.#totals;
  }

  fail(fault: Fault, when: When = { next: 1 }): () => void {
    return this.#faults.add(fault, when);
  }

  close(): Promise<void> {
    this.#closing.abort();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = this.#nextId('req');
    response.setHeader(simulatedHeader, '1').setHeader('request-id', requestId);
    const left = new AbortController();
    // Bytes for a caller who has just left are an error of the response, not of the server.
    response.once('close', () => left.abort()).on('error', () => left.abort());
    const exchange = { response, requestId, clock: this.#clock, gone: AbortSignal.any([left.signal, this.#closing.signal]) };
    let seen: SeenRequest | undefined;
    try {
      seen = this.#see(message, await readBody(message));
      await this.#answer(seen, exchange);
    } catch (error) {
      refuse(exchange, error);
    }
    if (seen !== undefined && response.headersSent) seen.status = response.statusCode;
  }

  #see({ method = '', url = '', headers }: IncomingMessage, body: string): SeenRequest {
    const seen = { method, path: url, headers, body, status: 0 };
    this.#seen.push(seen);
    if (this.#seen.length > requestsKept) this.#seen.shift();
    return seen;
  }

  #answer(seen: SeenRequest, exchange: Exchange): Promise<void> | void {
    const path = `${seen.method} ${new URL(seen.path, 'http://localhost').pathname}`;
    const batch = batchPath.exec(path);
    if (batch === null && path !== 'POST /v1/messages' && path !== 'POST /v1/messages/count_tokens') throw new Refusal(404, `${path} is not known here`);
    this.#admit(seen.headers);
    if (batch !== null) return this.#batch(seen, exchange, batch);
    const body = parseJson(seen.body);
    if (path === 'POST /v1/messages') return this.#message(seen, exchange, parseMessages(body));
    const prompt = parseCount(body);
    checkConversation(prompt);
    sendJson(exchange.response, 200, { input_tokens: promptTokens(prompt) });
  }

  #admit(headers: IncomingHttpHeaders): void {
    const key = keyOf(headers);
    if (key === undefined) throw new Refusal(401, 'x-api-key: header is required');
    if (!this.#isKeyValid(key)) throw new Refusal(401, 'invalid x-api-key');
    if (headers['anthropic-version'] === undefined) throw new Refusal(400, 'anthropic-version: header is required');
  }

  #batch({ body }: SeenRequest, { response }: Exchange, [, id, results]: RegExpExecArray): void {
    if (id === undefined) return sendJson(response, 200, this.#batches.create(parseJson(body), (request) => this.#answerOne(request)));
    if (results === undefined) return sendJson(response, 200, this.#batches.retrieve(id));
    const lines = this.#batches.results(id);
    response.writeHead(200, { 'content-type': 'application/binary' }).end(lines);
  }

  /** One question of a batch: a fault that breaks an answer is its error, one that shapes it shapes it. */
  #answerOne(request: ParsedRequest): Answer {
    checkConversation(request);
    const fault = this.#faults.take();
    const refusal = refusalOf(fault, false);
    if (refusal !== undefined) {
      this.#totals = { ...this.#totals, failed: this.#totals.failed + 1 };
      throw refusal;
    }
    const answer = this.#generate(request, fault);
    this.#totals = withAnswer(this.#totals, answer.usage);
    return answer;
  }

  async #message(seen: SeenRequest, exchange: Exchange, request: ParsedRequest): Promise<void> {
    checkConversation(request);
    seen.model = request.model;
    const fault = this.#faults.take();
    if (fault !== undefined) seen.fault = fault.kind;
    const refusal = refusalOf(fault, request.isStream);
    if (refusal !== undefined) {
      this.#totals = { ...this.#totals, failed: this.#totals.failed + 1 };
      throw refusal;
    }
    const answer = this.#generate(request, fault);
    seen.usage = answer.usage;
    this.#totals = withAnswer(this.#totals, answer.usage);
    if (fault?.kind === 'slowFirstByte') await delay(exchange.clock, fault.ms, exchange.gone);
    if (exchange.gone.aborted) return;
    await (request.isStream ? sendStream : sendMessage)(exchange, answer, fault);
  }

  #generate(request: ParsedRequest, fault: Fault | undefined): Answer {
    const maxTokens = fault?.kind === 'outputCap' ? Math.min(fault.tokens, request.maxTokens) : request.maxTokens;
    const reply: Reply = fault?.kind === 'refusal' ? { content: [], stopReason: 'refusal' } : (this.#policy(request) ?? say('No policy of this simulation has an answer to that.'));
    const output = outputOf(reply, { maxTokens, stopSequences: request.stopSequences }, () => this.#nextId('toolu'));
    return { id: this.#nextId('msg'), model: request.model, usage: usageOf(this.#cache.account(request), output.blocks), ...output };
  }

  #nextId(kind: 'req' | 'msg' | 'toolu'): string {
    this.#ids += 1;
    return `${kind}_sim${String(this.#ids).padStart(8, '0')}`;
  }
}

const batchPath = /^(?:POST \/v1\/messages\/batches|GET \/v1\/messages\/batches\/(\w+)(\/results)?)$/;

/** The key in its own header, or as a bearer token, as newer SDKs send it. */
function keyOf({ 'x-api-key': key, authorization }: IncomingHttpHeaders): string | undefined {
  return typeof key === 'string' ? key : authorization?.replace(/^Bearer /i, '');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'The request body is not valid JSON');
  }
}

function refuse({ response, requestId }: Exchange, error: unknown): void {
  if (response.destroyed || response.headersSent) return void response.destroy();
  const refusal = error instanceof Refusal ? error : new Refusal(500, `The simulation failed: ${String(error)}`);
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
  sendJson(response, refusal.status, errorBody(refusal, requestId));
}
