// The client against a real server behind TLS, and a connection that is cut, loses replies or says nothing.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Proxy } from '#platform/nats/testing.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { createS3 } from './client.ts';
import { isS3Error } from './error.ts';
import { isS3Missing, S3Bench, whyNoS3 } from './testing.ts';
import type { Listed, ObjectStore } from './types.ts';

const bench = new S3Bench();
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (body: Uint8Array) => new TextDecoder().decode(body);
const listOf = async (store: ObjectStore, prefix: string): Promise<Listed[]> => {
  const all: Listed[] = [];
  for await (const listed of store.list(prefix)) all.push(listed);
  return all;
};
const keysOf = async (store: ObjectStore, prefix: string) => (await listOf(store, prefix)).map(({ key }) => key);
/** Class of a failure, and `done` for none. */
const classOf = (call: Promise<unknown>) => call.then(() => 'done', (error: unknown) => (isS3Error(error) ? error.errorClass : `no S3Error: ${String(error)}`));

beforeAll(async () => {
  if (!isS3Missing) await bench.start();
}, 60_000);
afterAll(() => bench.end());

describe.skipIf(isS3Missing)(`a bucket${whyNoS3}`, () => {
  test('keeps what is put, lists it by prefix over pages, and forgets what is removed', async () => {
    const store = bench.client();
    await store.put('a/1', bytes('one'), { contentType: 'text/plain' });
    await store.put('a/1', bytes('one again'));
    mkdirSync(join(bench.server.objects, bench.bucket, 'many'));
    for (let index = 0; index < 1100; index += 1) writeFileSync(join(bench.server.objects, bench.bucket, 'many', String(index)), 'x');
    expect(text(await store.get('a/1'))).toBe('one again');
    expect(await keysOf(store, 'a/')).toEqual(['a/1']);
    expect(await keysOf(store, 'many/')).toHaveLength(1100);
    expect(await listOf(store, 'a/')).toEqual([{ key: 'a/1', bytes: 9, etag: expect.stringMatching(/./), writtenMs: expect.any(Number) }]);
    await store.remove('a/1');
    await store.remove('a/1');
    expect(await classOf(store.get('a/1'))).toBe('missing');
  });

  test('of two who want to be the first one is', async () => {
    const stores = [bench.client(), bench.client()];
    const said = await Promise.all(stores.map((store, index) => classOf(store.put('first', bytes(String(index)), { isNew: true }))));
    expect(said.toSorted()).toEqual(['done', 'exists']);
    expect(text(await bench.client().get('first'))).toBe(String(said.indexOf('done')));
  });

  test('says what is wrong, without the secret', async () => {
    const secret = bench.file('wrong-secret', 'a-secret-that-nobody-may-see');
    const wrong = bench.client({ passwordFile: secret });
    const error: unknown = await wrong.get('x').catch((caught: unknown) => caught);
    expect(String(error)).toMatch(/^S3Error: get x: SignatureDoesNotMatch .*look at the bucket, and at the files/);
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('a-secret-that-nobody-may-see');
    expect(await classOf(bench.client({ bucket: 'other' }).put('x', bytes('')))).toBe('refused');
    expect(await classOf(bench.client({ caFile: bench.file('no-ca', readFileSync(bench.server.access.secretKeyFile, 'utf8')) }).get('x'))).toBe('refused');
  });

  test('keys that are replaced are used without a restart', async () => {
    const file = bench.file('secret', 'wrong');
    const store = bench.client({ passwordFile: file });
    expect(await classOf(store.put('k', bytes('1')))).toBe('refused');
    writeFileSync(file, readFileSync(bench.server.access.secretKeyFile));
    expect(await classOf(store.put('k', bytes('1')))).toBe('done');
  });

  test('a call outlives a cut connection and a lost reply', async () => {
    const proxy = await Proxy.start(`127.0.0.1:${bench.server.port}`);
    const store = bench.client({ endpoint: `https://${proxy.address}`, timeoutMs: 5000 });
    await store.put('p', bytes('1'));
    proxy.cut();
    expect(await classOf(store.put('p', bytes('2')))).toBe('done');
    proxy.mute();
    const put = classOf(store.put('p', bytes('3')));
    await expect.poll(async () => text(await bench.client().get('p')), { timeout: 4000 }).toBe('3');
    proxy.cut();
    expect(await put).toBe('done');
    await proxy.close();
  });

  test('a server that says nothing is given up, and a caller who leaves does not wait', async () => {
    const proxy = await Proxy.start(`127.0.0.1:${bench.server.port}`);
    proxy.mute();
    const store = bench.client({ endpoint: `https://${proxy.address}`, timeoutMs: 200, tries: 2 });
    expect(await classOf(store.get('p'))).toBe('retry');
    const leave = new AbortController();
    const asked = classOf(bench.client({ endpoint: `https://${proxy.address}` }).get('p', leave.signal));
    leave.abort();
    expect(await asked).toBe('retry');
    await proxy.close();
    expect(await classOf(store.get('p'))).toBe('retry');
  });
});

describe('nothing is sent', () => {
  const files = { userFile: '/nowhere/a', passwordFile: '/nowhere/s' };
  const base = { region: 'us-east-1', bucket: 'archive', insecure: false, ...files };
  const cases: Record<string, { settings: Parameters<typeof createS3>[0]; want: RegExp }> = {
    'in the open': { settings: { ...base, endpoint: 'http://127.0.0.1:1' }, want: /is not https/ },
    'with keys in the endpoint': { settings: { ...base, endpoint: 'https://me:secret@127.0.0.1:1' }, want: /^connect to the bucket archive: keys belong into files/ },
    'without a secret key': { settings: { ...base, passwordFile: undefined }, want: /no access key or no secret key/ },
  };
  test.each(Object.entries(cases))('%s', (_, { settings, want }) => expect(() => createS3(settings, new ManualClock())).toThrow(want));

  test('when a file cannot be read, and the error names it', async () => {
    const error: unknown = await createS3({ ...base, endpoint: 'http://127.0.0.1:1', insecure: true }, new ManualClock()).get('x').catch((caught: unknown) => caught);
    expect(isS3Error(error, 'refused')).toBe(true);
    expect(String(error)).toContain('/nowhere/a');
  });
});
