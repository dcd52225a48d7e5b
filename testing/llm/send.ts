// Puts an answer on the wire, whole or broken as asked.
import type { ServerResponse } from 'node:http';
import { type Clock, delay } from '#platform/clock.ts';
import { frame, streamOf } from './events.ts';
import type { Fault } from './faults.ts';
import { type Answer, toMessage } from './message.ts';
import { errorBody } from './refusal.ts';

/** Where an answer goes. */
export interface Exchange {
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly clock: Clock;
  /** Aborted when the caller is gone, or the server closes. */
  readonly gone: AbortSignal;
}

const garbage = '<html>502 \u0000 {"type":"mess';

/** Sends JSON with a status. */
export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Sends an answer as a stream of events. */
export async function sendStream(exchange: Exchange, answer: Answer, fault: Fault | undefined): Promise<void> {
  const { response, gone } = exchange;
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  const frames = streamOf(answer);
  const breakAt = breakPoint(fault, frames.length);
  response.write(frames.slice(0, breakAt).join(''));
  if (breakAt < frames.length && (await breakStream(exchange, fault)) === 'over') return;
  if (gone.aborted) return;
  response.end(frames.slice(breakAt).join(''));
}

/** Sends an answer as one JSON body. */
export async function sendMessage({ response, clock, gone }: Exchange, answer: Answer, fault: Fault | undefined): Promise<void> {
  const body = Buffer.from(fault?.kind === 'garbage' ? garbage : JSON.stringify(toMessage(answer)));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  if (fault?.kind !== 'cut' && fault?.kind !== 'stall') return void response.end(body);
  const half = Math.ceil(body.length / 2);
  await written(response, body.subarray(0, half));
  if (fault.kind === 'cut') return void response.socket?.resetAndDestroy();
  await delay(clock, fault.ms, gone);
  if (!gone.aborted) response.end(body.subarray(half));
}

/** How many events are sent before a fault acts; all of them when it does not act inside a stream. */
function breakPoint(fault: Fault | undefined, all: number): number {
  if (fault === undefined) return all;
  if (fault.kind === 'garbage') return 1;
  return 'afterEvents' in fault ? Math.min(fault.afterEvents, all) : all;
}

async function breakStream({ response, requestId, clock, gone }: Exchange, fault: Fault | undefined): Promise<'over' | 'goes on'> {
  if (fault?.kind === 'stall') {
    response.flushHeaders();
    await delay(clock, fault.ms, gone);
    return 'goes on';
  }
  if (fault?.kind === 'cut') {
    await written(response, '');
    response.socket?.resetAndDestroy();
  } else response.end(lastWords(fault, requestId));
  return 'over';
}

function lastWords(fault: Fault | undefined, requestId: string): string {
  if (fault?.kind === 'garbage') return frame('content_block_delta', garbage);
  return fault?.kind === 'overloadedInStream' ? frame('error', JSON.stringify(errorBody({ status: 529, message: 'Overloaded' }, requestId))) : '';
}

/** Waits until the bytes have left the process: a reset would throw away what waits in a buffer. */
function written(response: ServerResponse, bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve) => {
    response.flushHeaders();
    if (bytes.length === 0) setImmediate(resolve);
    else response.write(bytes, () => setImmediate(resolve));
  });
}
