import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Call, type Front, markOf, missionIn, openFront } from './front.ts';

const seen: string[] = [];
let provider: Server;
let front: Front;

beforeAll(async () => {
  provider = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${String(request.headers['x-api-key'])}`);
    request.on('data', (chunk: Buffer) => seen.push(chunk.toString())).on('end', () => response.writeHead(201, { 'request-id': 'req_1' }).end('answered'));
  });
  await new Promise<void>((resolve) => void provider.listen(0, '127.0.0.1', resolve));
  front = await openFront(`http://127.0.0.1:${(provider.address() as AddressInfo).port}`);
});

afterAll(async () => {
  await front.close();
  await new Promise((resolve) => provider.close(resolve));
});

const ask = async (body: string) => {
  const answer = await fetch(`${front.url}/v1/messages`, { method: 'POST', body, headers: { 'x-api-key': 'k' } });
  return [answer.status, answer.headers.get('request-id')?.slice(0, 5), await answer.text()];
};

test('a call of which no hand is laid on the mission goes through as it is, both ways', async () => {
  expect(await ask('hello')).toEqual([201, 'req_1', 'answered']);
  expect(seen).toEqual(['POST /v1/messages k', 'hello']);
});

test('a hand sees the calls of its mission alone, counted by who asks, and what it refuses never reaches the provider', async () => {
  const calls: Call[] = [];
  front.lay('m-1', async (call) => (calls.push(call), call.by === 'coder' ? 'overloaded' : 'pass'));
  const before = seen.length;
  expect((await ask(`plan ${markOf('m-2')}`))[0]).toBe(201);
  expect((await ask(`plan ${markOf('m-1')}`))[0]).toBe(201);
  expect(await ask(`{"name":"edit_file"} ${markOf('m-1')}`)).toEqual([529, 'req_f', expect.stringContaining('overloaded_error')]);
  expect((await ask(`{"name":"edit_file"} ${markOf('m-1')}`))[0]).toBe(529);
  expect(calls.map(({ by, before: count }) => `${by} ${count}`)).toEqual(['planner 0', 'coder 0', 'coder 1']);
  expect(seen.length).toBe(before + 4);
});

test('a mission is known by its mark, also within JSON within JSON', () => {
  expect(missionIn(JSON.stringify({ text: JSON.stringify({ goal: `Mend it. ${markOf('queue-16-alone')}` }) }))).toBe('queue-16-alone');
  expect(missionIn('a mission without a mark')).toBeUndefined();
});
