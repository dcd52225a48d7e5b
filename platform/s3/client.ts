// The client: one pool of connections under the keys of the moment. A replaced file is a new pool; the calls of the old one end on it.
import { createHash } from 'node:crypto';
import { type _Object, type ClientDefaults, DeleteObjectCommand, GetObjectCommand, type GetObjectCommandOutput, ListObjectsV2Command, type ListObjectsV2CommandOutput, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import { type CredentialFiles, type Credentials, readCredentials } from '../credential-files.ts';
import { errorFrom, isS3Error, S3Error } from './error.ts';
import type { Listed, ObjectStore, PutOptions } from './types.ts';

/** `userFile` holds the access key, `passwordFile` the secret key. */
export interface S3Settings extends CredentialFiles {
  /** `https://host:port`; plain `http:` only with `insecure`. Absent: AWS. */
  readonly endpoint?: string;
  readonly region: string;
  readonly bucket: string;
  /** Allows plaintext; whoever is on the way reads and writes then. */
  readonly insecure: boolean;
  /** Longest time of one try, in milliseconds; default a minute. */
  readonly timeoutMs?: number;
  /** Most tries of a call; default 4. */
  readonly tries?: number;
}

/** Most bytes of an object that is put or got: both hold it whole. */
export const mostObjectBytes = 256 * 1_048_576;
const connectMs = 5000;
const defaults = { timeoutMs: 60_000, tries: 4 } as const;
/** How old keys may be before the files are read again. */
const rereadMs = 5000;

interface Pool {
  readonly client: S3Client;
  readonly digest: string;
}

type Ports = Pick<Clock, 'monotonic' | 'after'>;

/** A client that connects when it is first used. Throws for settings that would send anything in the open. */
export function createS3(settings: S3Settings, clock: Ports): ObjectStore {
  requireTls(settings);
  return new Bucket(settings, clock);
}

class Bucket implements ObjectStore {
  readonly #settings: S3Settings;
  readonly #clock: Ports;
  #pool: Pool | undefined;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(settings: S3Settings, clock: Ports) {
    this.#settings = settings;
    this.#clock = clock;
  }

  put(key: string, body: Uint8Array, { isNew = false, contentType }: PutOptions = {}, signal?: AbortSignal): Promise<void> {
    if (body.length > mostObjectBytes) return Promise.reject(new S3Error(`put ${key}: it has ${body.length} bytes, more than ${mostObjectBytes}; split it`, 'refused'));
    const input = { ...this.#at(key), Body: body, ContentLength: body.length, ChecksumSHA256: createHash('sha256').update(body).digest('base64'), ...(isNew ? { IfNoneMatch: '*' } : {}), ...(contentType === undefined ? {} : { ContentType: contentType }) };
    return this.#call(`put ${key}`, async (client) => void (await client.send(new PutObjectCommand(input), abortable(signal))));
  }

  get(key: string, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#call(`get ${key}`, async (client) => bytesOf(key, await client.send(new GetObjectCommand(this.#at(key)), abortable(signal))));
  }

  async *list(prefix: string, signal?: AbortSignal): AsyncGenerator<Listed> {
    let token: string | undefined;
    do {
      const input = { Bucket: this.#settings.bucket, Prefix: prefix, ...(token === undefined ? {} : { ContinuationToken: token }) };
      const page: ListObjectsV2CommandOutput = await this.#call(`list ${prefix}`, (client) => client.send(new ListObjectsV2Command(input), abortable(signal)));
      yield* (page.Contents ?? []).map(listedOf);
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  remove(key: string, signal?: AbortSignal): Promise<void> {
    return this.#call(`remove ${key}`, async (client) => void (await client.send(new DeleteObjectCommand(this.#at(key)), abortable(signal)))).catch((error: unknown) => {
      if (!isS3Error(error, 'missing')) throw error;
    });
  }

  close(): void {
    this.#pool?.client.destroy();
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#settings.bucket, Key: key };
  }

  async #call<T>(what: string, run: (client: S3Client) => Promise<T>): Promise<T> {
    try {
      return await run(this.#client());
    } catch (cause) {
      const error = isS3Error(cause) ? cause : errorFrom(what, cause);
      // Somebody may have replaced the files just now: the next call looks at once.
      if (error.errorClass === 'refused') this.#readAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  }

  #client(): S3Client {
    if (this.#pool !== undefined && this.#clock.monotonic() - this.#readAt < rereadMs) return this.#pool.client;
    const credentials = readCredentials(this.#settings);
    this.#readAt = this.#clock.monotonic();
    if (this.#pool?.digest === credentials.digest) return this.#pool.client;
    const old = this.#pool;
    this.#pool = { client: connect(this.#settings, credentials), digest: credentials.digest };
    // Calls that are on their way still have the old pool: it is closed when the last of them must have ended.
    const { timeoutMs = defaults.timeoutMs, tries = defaults.tries } = this.#settings;
    if (old !== undefined) this.#clock.after(timeoutMs * tries, () => old.client.destroy());
    return this.#pool.client;
  }
}

function requireTls({ endpoint = '', insecure, bucket, userFile, passwordFile }: S3Settings): void {
  const hasKeys = userFile !== undefined && passwordFile !== undefined;
  const fault = hasKeys ? faultOf(endpoint, insecure) : 'there is no access key or no secret key, so nothing is sent; name the files with both';
  if (fault !== undefined) throw new S3Error(`connect to the bucket ${bucket}: ${fault}`, 'refused');
}

function faultOf(endpoint: string, insecure: boolean): string | undefined {
  if (endpoint === '') return undefined;
  const { protocol, username, password } = new URL(endpoint);
  if (username !== '' || password !== '') return 'keys belong into files, not into the endpoint';
  if (protocol === 'https:' || (protocol === 'http:' && insecure)) return undefined;
  return `${endpoint} is not https, so what is sent could be read on the way; use https, or allow plaintext in the settings (insecure)`;
}

function connect({ endpoint = '', region, timeoutMs = defaults.timeoutMs, tries = defaults.tries }: S3Settings, credentials: Credentials): S3Client {
  const { user = '', password = '' } = credentials;
  return new S3Client({
    ...(endpoint === '' ? {} : { endpoint }),
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: user, secretAccessKey: password },
    maxAttempts: tries,
    // Asking first whether a body is welcome costs a round trip, and six seconds where the answer is lost.
    expectContinueHeader: false,
    // One try that is late is given up and tried again: without this a lost reply would be waited for in vain.
    requestHandler: { connectionTimeout: connectMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true, socketTimeout: timeoutMs, httpsAgent: { keepAlive: true, maxSockets: 16, ...tlsOf(credentials) }, httpAgent: { keepAlive: true, maxSockets: 16 } },
    logger: quiet,
  });
}

function tlsOf({ ca, cert, key }: Credentials) {
  return { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }), ...(cert === undefined || key === undefined ? {} : { cert, key }) } as const;
}

/** The vendor's warnings name requests; what matters is in the error. */
const quiet: NonNullable<ClientDefaults['logger']> = { trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function abortable(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function listedOf({ Key: key = '', Size: bytes = 0, ETag: etag = '', LastModified: written }: _Object): Listed {
  return { key, bytes, etag, writtenMs: written?.getTime() ?? 0 };
}

async function bytesOf(key: string, { Body: body, ContentLength: length = 0 }: GetObjectCommandOutput): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array();
  if (length > mostObjectBytes) throw new S3Error(`get ${key}: it has ${length} bytes, more than ${mostObjectBytes}, so it is none of ours`, 'refused');
  return body.transformToByteArray();
}
