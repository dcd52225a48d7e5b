// A provider of models for tests: answers by script, one entry a request, and well when the script is over.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type Play = (response: ServerResponse) => void;

/** What a whole answer of the fake uses: at the price of claude-opus-5, 10 x 5 + 20 x 25 micro-USD. */
export const answerCostMicroUsd = 550;

/** Answers as a model would. */
export const well: Play = (response) => void response.writeHead(200, { 'content-type': 'application/json', 'request-id': 'req-1' }).end(JSON.stringify(message));

const message = { id: 'msg', type: 'message', role: 'assistant', model: 'claude-opus-5', content: [{ type: 'text', text: 'the answer' }], stop_reason: 'end_turn', usage: { input_tokens: 10, output_tokens: 20 } };

/** Answers with an error in Anthropic's form. */
export const fails = (status: number, type: string, headers: Readonly<Record<string, string>> = {}): Play => (response) => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ type: 'error', error: { type, message: `${type} it is` } }));

/** Cuts the connection without a byte. */
export const hangsUp: Play = (response) => void response.destroy();

/** Lines of a stream with this output; without an end when it is undefined. */
export function eventsOf(outputTokens: number | undefined): string {
  const lines = [{ type: 'message_start', message: { ...message, content: [], usage: { input_tokens: 10, output_tokens: 1 } } }, { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'é 𝄞' } }];
  const end = outputTokens === undefined ? [] : [{ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: outputTokens } }, { type: 'message_stop' }];
  return [...lines, ...end].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

/** Streams these lines, then ends well or cuts the connection. */
export const streams = (lines: string, end: 'ends' | 'is cut'): Play => (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(lines, () => void (end === 'ends' ? response.end() : response.destroy()));
};

export interface FakeProvider {
  readonly url: string;
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }[];
  /** What to do with the next requests. */
  readonly script: Play[];
  close(): Promise<void>;
}

/** Starts a provider on a port of the system's choice. */
export async function startFakeProvider(): Promise<FakeProvider> {
  const script: Play[] = [];
  const requests: FakeProvider['requests'] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      requests.push({ path: request.url ?? '', headers: request.headers, body });
      (script.shift() ?? well)(response);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, script, close };
}
