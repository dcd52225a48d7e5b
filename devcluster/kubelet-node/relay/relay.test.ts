import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { freePorts } from '../../ports.ts';

let relay: ChildProcess | undefined;
afterEach(() => void relay?.kill());

/** A relay in front of a server; 127.0.0.2 stands for the link. */
async function relayTo(serve: (socket: Socket) => void): Promise<() => Promise<Socket>> {
  const server = createServer({ allowHalfOpen: true }, serve).listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const [port = 0] = await freePorts(1);
  relay = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), '127.0.0.2', String(port), String((server.address() as AddressInfo).port)], { stdio: 'inherit' });
  return async () => {
    for (;;) {
      const socket = connect({ host: '127.0.0.2', port, allowHalfOpen: true });
      const isOpen = await new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)));
      if (isOpen) return socket;
    }
  };
}

const linuxOnly = process.platform !== 'linux';

test.skipIf(linuxOnly)('the end of a question is told, and a long answer after it arrives whole', async () => {
  const answer = Buffer.alloc(5_000_000, 'x');
  const open = await relayTo((socket) => void socket.toArray().then((question) => socket.end(Buffer.concat([Buffer.concat(question as Buffer[]), answer]))));
  const socket = await open();
  socket.end('question:');
  const got = Buffer.concat((await socket.toArray()) as Buffer[]);
  expect([got.length, got.subarray(0, 10).toString()]).toEqual([answer.length + 9, 'question:x']);
});

test.skipIf(linuxOnly)('a connection that is cut on one side is cut on the other, and the relay serves the next one', async () => {
  const cut = Promise.withResolvers<void>();
  let first = true;
  const open = await relayTo((socket) => {
    if (first) {
      first = false;
      socket.on('error', () => {}).once('close', () => cut.resolve());
      socket.resume().write('hello');
    } else socket.end('again');
  });
  const socket = await open();
  await once(socket, 'data');
  socket.resetAndDestroy();
  await cut.promise;
  const next = await open();
  expect(Buffer.concat((await next.toArray()) as Buffer[]).toString()).toBe('again');
  next.end();
});
