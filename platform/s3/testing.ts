// A real server for the tests of this room and of those who keep objects, or the reason why there is none.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureS3, type S3Server, startS3 } from '#devcluster/services/s3/index.ts';
import { settingsFrom } from '#devcluster/settings.ts';
import { systemClock } from '../clock.ts';
import { createS3, type S3Settings } from './client.ts';
import type { Listed, ObjectStore, PutOptions } from './types.ts';

const found = await ensureS3(settingsFrom(process.env));

/** Whether there is no server on this machine; `whyNoS3` is for names of tests. */
export const isS3Missing = found.kind === 'missing';
export const whyNoS3 = found.kind === 'missing' ? ` (SKIPPED: ${found.why})` : '';

/** A server with one bucket, and clients of it. */
export class S3Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 's3-bench-'));
  readonly bucket = 'archive';
  readonly #clients: ObjectStore[] = [];
  #server: S3Server | undefined;

  async start(): Promise<S3Server> {
    this.#server = await startS3({ file: found.kind === 'found' ? found.file : '', folder: join(this.folder, 'server'), buckets: [this.bucket] });
    return this.#server;
  }

  /** The server that runs. */
  get server(): S3Server {
    if (this.#server === undefined) throw new Error('the server is not started');
    return this.#server;
  }

  settings(more: Partial<S3Settings> = {}): S3Settings {
    const { endpoint, access } = this.server;
    return { endpoint, region: 'us-east-1', bucket: this.bucket, insecure: false, caFile: access.caFile, userFile: access.accessKeyFile, passwordFile: access.secretKeyFile, timeoutMs: 10_000, ...more };
  }

  client(more: Partial<S3Settings> = {}): ObjectStore {
    const client = createS3(this.settings(more), systemClock);
    this.#clients.push(client);
    return client;
  }

  file(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#server?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface Kept {
  readonly body: Uint8Array;
  readonly etag: string;
  readonly writtenMs: number;
}

/** A bucket in memory that counts what is asked of it. */
export class MemoryStore implements ObjectStore {
  readonly objects = new Map<string, Kept>();
  /** Names of objects that were read. */
  readonly read: string[] = [];
  /** Called before each call; what it throws is the answer. */
  before: (call: 'put' | 'get' | 'list' | 'remove', key: string) => void = () => {};
  now = 0;
  #writes = 0;

  async put(key: string, body: Uint8Array, { isNew = false }: PutOptions = {}): Promise<void> {
    this.before('put', key);
    if (isNew && this.objects.has(key)) throw Object.assign(new Error(`put ${key}: there is one`), { kind: 'S3Error', errorClass: 'exists' });
    this.objects.set(key, { body, etag: String((this.#writes += 1)), writtenMs: this.now });
  }

  async get(key: string): Promise<Uint8Array> {
    this.before('get', key);
    this.read.push(key);
    const found = this.objects.get(key);
    if (found === undefined) throw Object.assign(new Error(`get ${key}: there is none`), { kind: 'S3Error', errorClass: 'missing' });
    return found.body;
  }

  async *list(prefix: string): AsyncGenerator<Listed> {
    this.before('list', prefix);
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    for (const key of keys) {
      const { body, etag, writtenMs } = this.objects.get(key) as Kept;
      yield { key, bytes: body.length, etag, writtenMs };
    }
  }

  async remove(key: string): Promise<void> {
    this.before('remove', key);
    this.objects.delete(key);
  }

  close(): void {}
}
