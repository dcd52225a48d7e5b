import { connect, type Socket } from 'node:net';
import { EventEmitter, once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeData, frameDecoder, portForwardProtocol } from './port-forward-frames.ts';
import { forwardPort, portForwardPath, type TunnelSocket } from './port-forward.ts';

const target = { namespace: 'coditect-system', pod: 'coditect-operator-0', port: 9443 };
const header = (channel: number, port: number) => Uint8Array.of(channel, port & 0xff, port >> 8);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe('the frame codec', () => {
  test('the port numbers that open both channels carry nothing', () => {
    const decode = frameDecoder();
    expect([decode(header(0, 9443)), decode(header(1, 9443))]).toEqual([{ kind: 'nothing' }, { kind: 'nothing' }]);
  });

  test('bytes that follow the port number in one message are data', () => {
    const frame = frameDecoder()(Uint8Array.of(0, 0xe3, 0x24, 104, 105));
    expect(frame.kind === 'data' && text(frame.bytes)).toBe('hi');
  });

  test('an error is told as the node said it', () => {
    const decode = frameDecoder();
    decode(header(1, 9443));
    expect(decode(Uint8Array.of(1, ...new TextEncoder().encode('connection refused\n')))).toEqual({ kind: 'error', message: 'connection refused' });
  });

  test.each([[Uint8Array.of()], [Uint8Array.of(2, 1)]])('a message of no channel of ours is an error', (message) => expect(frameDecoder()(message).kind).toBe('error'));

  test('whatever is encoded is decoded, however the header is split', () => {
    fc.assert(fc.property(fc.uint8Array(), fc.boolean(), (bytes, split) => {
      const decode = frameDecoder();
      for (const message of split ? [Uint8Array.of(0, 0xe3), Uint8Array.of(0, 0x24)] : [header(0, 9443)]) expect(decode(message)).toEqual({ kind: 'nothing' });
      const frame = decode(encodeData(bytes));
      expect(frame).toEqual(bytes.length === 0 ? { kind: 'nothing' } : { kind: 'data', bytes });
    }));
  });
});

/** A WebSocket whose other end is the test. */
class FakeTunnel implements TunnelSocket {
  binaryType = 'blob';
  readonly events = new EventEmitter();
  readonly sent: Uint8Array[] = [];
  closed = false;

  send(data: Uint8Array): void {
    this.sent.push(data);
    this.events.emit('sent');
  }

  close(): void {
    this.closed = true;
    this.events.emit('close');
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.events.on(type, listener as () => void);
  }

  receive(bytes: Uint8Array): void {
    this.events.emit('message', { data: Uint8Array.from(bytes).buffer });
  }
}

async function dial(address: string): Promise<Socket> {
  const [host = '', port = ''] = address.split(':');
  const socket = connect(Number(port), host);
  await once(socket, 'connect');
  return socket;
}

describe('a forward', () => {
  test('carries bytes both ways on a tunnel of each connection', async () => {
    const tunnel = new FakeTunnel();
    const asked: string[][] = [];
    const opened = Promise.withResolvers<void>();
    const forward = await forwardPort(target, async (path, protocol) => {
      asked.push([path, protocol]);
      queueMicrotask(() => setImmediate(opened.resolve));
      return tunnel;
    });
    const client = await dial(forward.address);
    client.write('early');
    await opened.promise;
    expect(tunnel.sent).toEqual([]);
    const sent = once(tunnel.events, 'sent');
    tunnel.events.emit('open');
    await sent;
    expect(tunnel.sent.map((message) => text(message.subarray(1))).join('')).toBe('early');
    const answer = once(client, 'data');
    tunnel.receive(header(0, 9443));
    tunnel.receive(encodeData(new TextEncoder().encode('back')));
    const [data] = (await answer) as [Buffer];
    expect(data.toString()).toBe('back');
    expect(asked).toEqual([[portForwardPath(target), portForwardProtocol]]);
    const ended = once(client, 'close');
    tunnel.close();
    client.resume();
    await ended;
    await forward.close();
  });

  test('a tunnel that cannot be opened ends the connection and says why', async () => {
    const forward = await forwardPort(target, () => Promise.reject(new Error('no route')));
    const client = await dial(forward.address);
    client.resume();
    await once(client, 'close');
    expect(forward.trouble()).toBe('no route');
    await forward.close();
  });

  test('what the node says is kept for the error message', async () => {
    const tunnel = new FakeTunnel();
    const forward = await forwardPort(target, async () => tunnel);
    const client = await dial(forward.address);
    const closed = once(client, 'close');
    client.resume();
    client.on('error', () => {});
    setImmediate(() => {
      tunnel.receive(header(1, 9443));
      tunnel.receive(Uint8Array.of(1, ...new TextEncoder().encode('pod not running')));
    });
    await closed;
    expect([forward.trouble(), tunnel.closed]).toEqual(['pod not running', true]);
    await forward.close();
  });
});
