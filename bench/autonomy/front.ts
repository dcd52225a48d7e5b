// Stands between the gateway and the provider of models, and lets a fault lay hands on the calls of one mission. What it lets through it does not change.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { errorBody } from '#testing/llm/refusal.ts';
import { readBody } from '#testing/llm/request.ts';

/** A call on its way to the provider. */
export interface Call {
  /** Who asks: the planner, or an agent that writes code. */
  readonly by: 'planner' | 'coder';
  /** The request as it was sent. */
  readonly body: string;
  /** How many calls of this mission came from the same side before it. */
  readonly before: number;
}

/** What becomes of a call: it is passed on, or answered with 529. A promise holds the call until then. */
export type Hand = (call: Call) => Promise<'pass' | 'overloaded'>;

export interface Front {
  readonly url: string;
  /** Lets a hand see all further calls of a mission, instead of one before. */
  readonly lay: (mission: string, hand: Hand) => void;
  close(): Promise<void>;
}

/** The words by which a mission is known in everything that a model is asked for it. */
export function markOf(mission: string): string {
  return `(mission ${mission})`;
}

/** The mission that a request is about. */
export function missionIn(text: string): string | undefined {
  return /\(mission ([a-z0-9-]+)\)/.exec(text)?.[1];
}

/** Opens the front of a provider. */
export async function openFront(providerUrl: string): Promise<Front> {
  const hands = new Map<string, Hand>();
  const counts = new Map<string, number>();
  const ask = async (body: string): Promise<'pass' | 'overloaded'> => {
    const mission = missionIn(body);
    const hand = mission === undefined ? undefined : hands.get(mission);
    if (hand === undefined) return 'pass';
    const by = body.includes('"edit_file"') ? 'coder' : 'planner';
    const before = counts.get(`${mission} ${by}`) ?? 0;
    counts.set(`${mission} ${by}`, before + 1);
    return hand({ by, body, before });
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    if ((await ask(body)) === 'overloaded') return refuse(response);
    await forward(providerUrl, { request, body }, response);
  };
  // A caller who leaves cuts its call; the gateway knows how to live with a cut answer.
  const server = createServer((request, response) => void serve(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lay: (mission, hand) => void hands.set(mission, hand),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function refuse(response: ServerResponse): void {
  const requestId = `req_front${randomUUID()}`;
  response.writeHead(529, { 'content-type': 'application/json', 'request-id': requestId }).end(JSON.stringify(errorBody({ status: 529, message: 'Overloaded' }, requestId)));
}

/** Headers of a connection, not of what is said on it. */
const ofConnection: ReadonlySet<string> = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding', 'content-length', 'expect']);

async function forward(providerUrl: string, { request, body }: { readonly request: IncomingMessage; readonly body: string }, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const headers = Object.entries(request.headers).flatMap(([name, value]) => (typeof value !== 'string' || ofConnection.has(name) ? [] : [[name, value] as [string, string]]));
  const { method = 'GET', url = '/' } = request;
  const answer = await fetch(`${providerUrl}${url}`, { method, headers, signal: gone.signal, ...(method === 'POST' ? { body } : {}) });
  response.writeHead(answer.status, Object.fromEntries([...answer.headers].filter(([name]) => !ofConnection.has(name) && name !== 'content-encoding')));
  if (answer.body === null) return void response.end();
  await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), response);
}
