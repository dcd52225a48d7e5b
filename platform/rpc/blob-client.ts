// The blob service as agents see it (certificate and grant), as people do (bearer token and the object they may read), and as the operator
// does (its certificate).
import { createReadStream, createWriteStream } from 'node:fs';
import { Agent } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { rm } from 'node:fs/promises';
import { type BlobAddress, blobHeaders } from '#api/blobs.ts';
import type { ServerAddress } from './addresses.ts';
import { copyBlob, getBlob, putBlob } from './blob-request.ts';
import type { Credential } from './certificates.ts';
import { blobsName, dialOptions } from './tls.ts';

/** The bytes of a blob: in memory, or in a file that does not change while it is sent. */
export type BlobContent = { readonly kind: 'bytes'; readonly bytes: Uint8Array } | { readonly kind: 'file'; readonly path: string; readonly sizeBytes: number };

export interface BlobClientOptions {
  readonly address: ServerAddress;
  /** Namespace of the installation. */
  readonly namespace: string;
}

export interface AgentBlobs {
  /** Resolves once the blob is stored for good; storing it twice is harmless. Rejects when the service refuses or cannot be reached. */
  put(grant: string, address: BlobAddress, content: BlobContent, signal?: AbortSignal): Promise<void>;
  /** Writes the blob to `file` after checking its digest; `missing` when the service does not have it. */
  get(grant: string, address: BlobAddress, file: string, signal?: AbortSignal): Promise<'found' | 'missing'>;
  close(): void;
}

/** An object whose blobs somebody wants to read. */
export interface BlobObject {
  readonly namespace: string;
  readonly plural: 'missions' | 'tasks';
  readonly name: string;
}

export interface PersonBlobs {
  /** The bytes of a blob of this object, or undefined when it does not exist. Iterating them throws at the end when they are damaged. */
  get(object: BlobObject, address: BlobAddress, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined>;
  close(): void;
}

export interface OperatorBlobs {
  /** Keeps a copy of a blob under another owner of its namespace; resolves once it is stored for good. Rejects when the service refuses or cannot be reached. */
  keep(from: BlobAddress, ownerUid: string, signal?: AbortSignal): Promise<'kept' | 'missing'>;
  close(): void;
}

/** The blob service for the operator, which moves no bytes itself; connections follow the newest certificate. */
export function createOperatorBlobs({ credential, address: where, namespace }: BlobClientOptions & { readonly credential: () => Credential }): OperatorBlobs {
  const connections = createConnections(namespace);
  return {
    keep: async (from, ownerUid, signal) => {
      const request = { agent: connections.with(credential()), at: await locate(where), address: { ...from, ownerUid }, headers: { [blobHeaders.copyFrom]: from.ownerUid }, signal };
      return copyBlob(request);
    },
    close: () => connections.close(),
  };
}

/** The blob service for an agent; connections follow the newest certificate. */
export function createAgentBlobs({ credential, address: where, namespace }: BlobClientOptions & { readonly credential: () => Credential | undefined }): AgentBlobs {
  const connections = createConnections(namespace);
  const requestOf = async (grant: string, address: BlobAddress, signal: AbortSignal | undefined) => {
    const newest = credential();
    if (newest === undefined) throw new Error('cannot reach the blob service: there is no certificate yet');
    return { agent: connections.with(newest), at: await locate(where), address, headers: { [blobHeaders.grant]: grant }, signal };
  };
  return {
    put: async (grant, address, content, signal) => putBlob(await requestOf(grant, address, signal), uploadOf(content)),
    get: async (grant, address, file, signal) => {
      const body = await getBlob(await requestOf(grant, address, signal));
      if (body === undefined) return 'missing';
      await pipeline(body, createWriteStream(file)).catch(async (error: unknown) => {
        await rm(file, { force: true });
        throw error;
      });
      return 'found';
    },
    close: () => connections.close(),
  };
}

/** The blob service for a person, known by a token of the cluster. */
export function createPersonBlobs({ token, caBundle, address: where, namespace }: BlobClientOptions & { readonly token: () => Promise<string>; readonly caBundle: string }): PersonBlobs {
  const connections = createConnections(namespace);
  const trust = { caBundle };
  return {
    get: async ({ namespace: objectNamespace, plural, name }, address, signal) => {
      const headers = { authorization: `Bearer ${await token()}`, [blobHeaders.object]: `${objectNamespace}/${plural}/${name}` };
      return getBlob({ agent: connections.with(trust), at: await locate(where), address, headers, signal });
    },
    close: () => connections.close(),
  };
}

type Trust = Pick<Credential, 'caBundle'> & Partial<Credential>;

/** Kept-alive connections, opened anew when the credential changes. */
function createConnections(namespace: string) {
  let known: { readonly trust: Trust; readonly agent: Agent } | undefined;
  return {
    with: (trust: Trust): Agent => {
      if (known?.trust.certificate === trust.certificate && known?.trust.caBundle === trust.caBundle) return known.agent;
      // Requests in flight finish on the old agent; its idle connections time out.
      known = { trust, agent: new Agent({ ...dialOptions(blobsName(namespace), trust), keepAlive: true, timeout: 15_000, maxSockets: 16 }) };
      return known.agent;
    },
    close: () => known?.agent.destroy(),
  };
}

function uploadOf(content: BlobContent) {
  if (content.kind === 'bytes') return { sizeBytes: content.bytes.byteLength, open: () => Readable.from([content.bytes]) };
  return { sizeBytes: content.sizeBytes, open: () => createReadStream(content.path) };
}

async function locate(where: ServerAddress): Promise<string> {
  const at = await where.current();
  if (at === undefined) throw new Error('cannot reach the blob service: it has no address yet; try again');
  return at;
}
