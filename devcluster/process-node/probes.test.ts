import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { checkHttp, checkTcp, probeTracker, realPort, repeatProbe } from './probes.ts';

const good = true;
const bad = false;

test.each([
  ['three bad ones in a row are a failure', {}, [bad, bad, bad, bad], [undefined, undefined, 'failure', 'failure']],
  ['a good one between starts the count anew', {}, [bad, bad, good, bad, bad], [undefined, undefined, 'success', undefined, undefined]],
  ['success may need several', { successThreshold: 2 }, [good, good, bad, good], [undefined, 'success', undefined, undefined]],
  ['a threshold of one fails at once', { failureThreshold: 1 }, [bad], ['failure']],
] as const)('%s', (_, probe, results, want) => {
  const track = probeTracker(probe);
  expect(results.map((result) => track(result))).toEqual(want);
});

test('named ports, and numbers of named ports, lead to the real one', () => {
  const ports = [{ name: 'health', containerPort: 8080 }, { containerPort: 9 }];
  const real = new Map([['health', 4711]]);
  expect([realPort('health', ports, real), realPort(8080, ports, real), realPort('8080', ports, real), realPort(9, ports, real), realPort('nope', ports, real)]).toEqual([4711, 4711, 4711, 9, undefined]);
});

test('a server is asked for status and connection', async () => {
  const server = createServer((request, response) => {
    response.writeHead(request.headers['x-a'] === 'b' ? 302 : 500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await checkHttp({ port, httpHeaders: [{ name: 'x-a', value: 'b' }] }, port, 5000)).toBe(true);
  expect(await checkHttp({ port }, port, 5000)).toBe(false);
  expect(await checkTcp(port, 5000)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
  expect(await checkTcp(port, 5000)).toBe(false);
  expect(await checkHttp({ port }, port, 5000)).toBe(false);
});

test('a probe ends when its verdict says so, and asks no more', async () => {
  let asked = 0;
  const check = () => Promise.resolve(((asked += 1), true));
  await repeatProbe({ periodSeconds: 0 }, check, () => asked === 3, { signal: new AbortController().signal, isEager: false });
  expect(asked).toBe(3);
});
