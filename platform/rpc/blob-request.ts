// One HTTPS exchange with the blob service. Large uploads wait for its consent (100-continue): what is refused or there already is never sent.
import { createHash } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { type Agent, request } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { type BlobAddress, blobPath } from '#api/blobs.ts';
import { PlatformError } from '../errors.ts';

export interface BlobRequest {
  readonly agent: Agent;
  /** host:port */
  readonly at: string;
  readonly address: BlobAddress;
  readonly headers: OutgoingHttpHeaders;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes to upload; opened only when the service wants them. */
export interface Upload {
  readonly sizeBytes: number;
  readonly open: () => Readable;
}

const silenceMs = 60_000;
// Less than this is sent unasked: a connection that stays open is worth more than the bytes.
const smallBytes = 65_536;

/** Uploads a blob; resolves once it is stored for good, or was. Rejects when the service refuses or cannot be reached. */
export async function putBlob(blob: BlobRequest, upload: Upload): Promise<void> {
  const asks = upload.sizeBytes > smallBytes;
  const outgoing = start('PUT', blob, { 'content-length': upload.sizeBytes, ...(asks ? { expect: '100-continue' } : {}) });
  const answered = Promise.withResolvers<IncomingMessage>();
  outgoing.once('response', answered.resolve).once('error', answered.reject);
  // An upload that breaks ends the request; then that is what is reported.
  const send = () =>
    pipeline(exactly(upload), outgoing).catch((error: unknown) => {
      answered.reject(error);
      outgoing.destroy();
    });
  if (asks) outgoing.once('continue', () => void send());
  else void send();
  const response = await answered.promise;
  // Late errors have been overtaken by the answer.
  outgoing.on('error', () => {});
  try {
    await expectStatus(response, blob, [200, 201]);
  } finally {
    response.resume();
    // The service still waits for what was announced and not sent: this connection is of no more use.
    if (!outgoing.writableFinished) outgoing.destroy();
  }
}

/** Has the service keep a copy of the blob that the headers tell; resolves once it is stored for good, or was. Rejects when the service refuses or cannot be reached. */
export async function copyBlob(blob: BlobRequest): Promise<'kept' | 'missing'> {
  const outgoing = start('PUT', blob, { 'content-length': 0 });
  const answered = Promise.withResolvers<IncomingMessage>();
  outgoing.once('response', answered.resolve).on('error', answered.reject).end();
  const response = await answered.promise;
  if (response.statusCode !== 404) await expectStatus(response, blob, [200, 201]);
  response.resume();
  return response.statusCode === 404 ? 'missing' : 'kept';
}

/** The bytes of a blob, or undefined when the service does not have it. Iterating them throws at the end when they are not those of the digest. */
export async function getBlob(blob: BlobRequest): Promise<AsyncIterable<Uint8Array> | undefined> {
  const outgoing = start('GET', blob, {});
  const answered = Promise.withResolvers<IncomingMessage>();
  outgoing.once('response', answered.resolve).on('error', answered.reject).end();
  const response = await answered.promise;
  if (response.statusCode === 404) {
    response.resume();
    return undefined;
  }
  await expectStatus(response, blob, [200]);
  return verified(response, blob.address);
}

function start(method: 'PUT' | 'GET', { agent, at, address, headers, signal }: BlobRequest, more: OutgoingHttpHeaders) {
  const { hostname, port } = new URL(`https://${at}`);
  const outgoing = request({ agent, method, host: hostname.replaceAll(/[[\]]/g, ''), port: port === '' ? 443 : port, path: blobPath(address), headers: { ...headers, ...more }, ...(signal === undefined ? {} : { signal }) });
  // Silence, not total time: a large blob may take long.
  outgoing.setTimeout(silenceMs, () => outgoing.destroy(new Error(`no byte for ${silenceMs / 1000} s`)));
  return outgoing;
}

async function expectStatus(response: IncomingMessage, { address }: BlobRequest, wanted: readonly number[]): Promise<void> {
  if (wanted.includes(response.statusCode ?? 0)) return;
  const said = (await text(response)).trim().slice(0, 500);
  throw new PlatformError('blobRefused', `the blob service answered ${response.statusCode} for ${blobPath(address)}: ${said}`);
}

// A file that shrank would leave the service waiting for the rest.
async function* exactly({ sizeBytes, open }: Upload): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of open() as AsyncIterable<Uint8Array>) {
    sent += chunk.byteLength;
    if (sent > sizeBytes) break;
    yield chunk;
  }
  if (sent !== sizeBytes) throw new PlatformError('blobChanged', `upload a blob of ${sizeBytes} bytes: its file has another size now; nothing was stored; do not write to it meanwhile`);
}

async function* verified(body: AsyncIterable<Uint8Array>, { sha256 }: BlobAddress): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of body) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest('hex');
  if (found !== sha256) throw new PlatformError('blobDamaged', `read blob ${sha256}: the bytes have digest ${found}; they are not used; read it again`);
}
