// The HTTPS face of the blob service. TLS 1.3; a certificate is asked for and checked, but people may come without one.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { pipeline } from 'node:stream/promises';
import { type BlobAddress, blobHeaders, blobLimits, blobPath, parseBlobAddress } from '#api/blobs.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { ObjectStore, PutResult } from '#platform/objectstore/local.ts';
import type { Credential } from '#platform/rpc/certificates.ts';
import { agentOf, isOperator, secureContextOf } from '#platform/rpc/tls.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { BlobAccess, Caller } from './access.ts';
import { copyBlob } from './copy.ts';

export interface BlobServerOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  readonly bindAddress: string;
  /** What to show and whom to trust; asked at start and at each updateTls. */
  readonly tls: () => Credential;
  readonly access: BlobAccess;
  readonly store: ObjectStore;
  /** Largest blob, in bytes; what the contract says unless told. */
  readonly maxBytes?: number;
  /** Called once a request is answered. */
  readonly onAnswer?: (method: string, status: number) => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface BlobServer {
  readonly port: number;
  /** Takes the new certificate and bundle for connections to come. */
  updateTls(): void;
  close(): Promise<void>;
}

/** One request with what answers it. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Tells a client that asked first to send its body. */
  readonly consent: () => void;
}

// A request may take as long as 256 MiB need on a slow line; its headers may not.
const timeouts = { headersTimeout: 10_000, requestTimeout: 900_000, handshakeTimeout: 10_000 } as const;

/** How long requests may go on after close, in milliseconds. */
const closeMs = 5000;

/** Starts the service; rejects when the port is taken. */
export async function createBlobServer(options: BlobServerOptions): Promise<BlobServer> {
  const context = () => ({ ...secureContextOf(options.tls()), minVersion: 'TLSv1.3' as const });
  const server = createServer({ ...context(), ...timeouts, requestCert: true, rejectUnauthorized: false, maxHeaderSize: 32_768 });
  server.on('request', (request, response) => answer(options, { request, response, consent: () => {} }));
  server.on('checkContinue', (request, response) => answer(options, { request, response, consent: () => response.writeContinue() }));
  server.on('tlsClientError', (error, socket) => options.log.debug('a TLS handshake was refused', { peer: socket.remoteAddress, error: error.message }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.bindAddress, resolve);
  });
  const { port } = server.address() as AddressInfo;
  options.log.info('listening', { listener: 'blobs', port });
  return { port, updateTls: () => server.setSecureContext(context()), close: () => close(server, options.clock) };
}

function answer(options: BlobServerOptions, exchange: Exchange): void {
  const { request, response } = exchange;
  response.once('close', () => options.onAnswer?.(request.method ?? '', response.statusCode));
  route(options, exchange).catch((error: unknown) => {
    options.log.warn('a request failed', { method: request.method, path: request.url, error: messageOf(error) });
    if (response.headersSent) response.destroy();
    else reply(exchange, 503, 'the request could not be carried out; try again');
  });
}

async function route(options: BlobServerOptions, exchange: Exchange): Promise<void> {
  const { request } = exchange;
  const address = parseBlobAddress(request.url ?? '');
  if (address === undefined) return reply(exchange, 404, 'there is only /v1/blobs/<namespace uid>/<owner uid>/<sha256>');
  const socket = request.socket as TLSSocket;
  const caller = { agent: agentOf(socket), isOperator: isOperator(socket), headers: request.headers };
  switch (request.method ?? '') {
    case 'PUT':
      return (request.headers[blobHeaders.copyFrom] === undefined ? putBlob : keepCopy)(options, exchange, { caller, address });
    case 'GET':
      return getBlob(options, exchange, { caller, address });
    default:
      return reply(exchange, 405, 'only GET and PUT');
  }
}

interface Wish {
  readonly caller: Caller;
  readonly address: BlobAddress;
}

async function putBlob({ access, store, maxBytes = blobLimits.maxBytes }: BlobServerOptions, exchange: Exchange, { caller, address }: Wish): Promise<void> {
  const verdict = access.mayPut(caller, address);
  if (verdict.kind === 'refused') return reply(exchange, verdict.status, verdict.reason);
  const length = exchange.request.headers['content-length'];
  if (length === undefined) return reply(exchange, 411, 'the header content-length is missing');
  if (Number(length) > maxBytes) return reply(exchange, 413, tooLarge(maxBytes));
  const result = await store.put(address, bodyOf(exchange), maxBytes);
  const [status, said] = putAnswer(result, maxBytes);
  reply(exchange, status, said);
}

async function keepCopy({ access, store, maxBytes = blobLimits.maxBytes }: BlobServerOptions, exchange: Exchange, { caller, address }: Wish): Promise<void> {
  const verdict = access.mayCopy(caller);
  if (verdict.kind === 'refused') return reply(exchange, verdict.status, verdict.reason);
  const from = ownerIn(caller.headers[blobHeaders.copyFrom], address);
  if (from === undefined) return reply(exchange, 400, `the header ${blobHeaders.copyFrom} must be the UID of an owner`);
  const result = await copyBlob(store, { from, to: address, maxBytes });
  const [status, said] = result.kind === 'missing' ? ([404, 'there is no such blob to copy'] as const) : putAnswer(result, maxBytes);
  reply(exchange, status, said);
}

/** The same blob with this owner. */
function ownerIn(ownerUid: string | string[] | undefined, { namespaceUid, sha256 }: BlobAddress): BlobAddress | undefined {
  return typeof ownerUid === 'string' ? parseBlobAddress(blobPath({ namespaceUid, ownerUid, sha256 })) : undefined;
}

function putAnswer(result: PutResult, maxBytes: number): [status: number, said: string] {
  switch (result.kind) {
    case 'stored':
      return [201, 'stored'];
    case 'exists':
      return [200, 'already there'];
    case 'wrongDigest':
      return [400, `the bytes have digest ${result.found}; nothing was stored`];
    case 'tooLarge':
      return [413, tooLarge(maxBytes)];
    case 'full':
      return [507, 'the disk of the blob service is full; nothing was stored; make its volume larger'];
  }
}

async function getBlob({ access, store }: BlobServerOptions, exchange: Exchange, { caller, address }: Wish): Promise<void> {
  const verdict = await access.mayGet(caller, address);
  if (verdict.kind === 'refused') return reply(exchange, verdict.status, verdict.reason);
  const found = await store.get(address);
  if (found === undefined) return reply(exchange, 404, 'there is no such blob');
  exchange.response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': found.sizeBytes });
  await pipeline(found.stream, exchange.response);
}

// The consent goes out when the store wants the first byte: a blob that is there already is never sent.
async function* bodyOf({ request, consent }: Exchange): AsyncGenerator<Uint8Array> {
  consent();
  yield* request as AsyncIterable<Uint8Array>;
}

function reply({ request, response }: Exchange, status: number, said: string): void {
  const body = `${said}\n`;
  // What was announced and not read would be taken for the next request.
  if (!request.complete && request.method === 'PUT') response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(body) }).end(body);
}

function tooLarge(maxBytes: number): string {
  return `a blob may have at most ${maxBytes} bytes`;
}

async function close(server: Server, clock: Clock): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cancel = clock.after(closeMs, () => server.closeAllConnections());
  await closed;
  cancel();
}
