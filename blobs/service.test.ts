import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { User } from '#api/access.ts';
import { type BlobAddress, blobPath } from '#api/blobs.ts';
import { agentUri, roleUri } from '#api/identity.ts';
import type { ResourceType } from '#api/v1alpha1/kinds.ts';
import { systemClock } from '#platform/clock.ts';
import type { KubeObject, ObjectKey } from '#platform/kube/types.ts';
import { openLocalStore } from '#platform/objectstore/local.ts';
import { createAgentBlobs, createOperatorBlobs, createPersonBlobs } from '#platform/rpc/blob-client.ts';
import { createAuthority, createLeaf, type Credential, type KeyedCertificate } from '#platform/rpc/certificates.ts';
import { createGrantSigner } from '#platform/rpc/grant.ts';
import { createListeners } from '#platform/rpc/listeners.ts';
import { blobsName, dialOptions } from '#platform/rpc/tls.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { type BlobService, startBlobService } from './service.ts';

const agent = { namespace: 'team-a', pool: 'p', pod: 'p-1', uid: 'u-1' };
const jane: User = { username: 'jane', uid: '', groups: [], extra: {} };
const mission = { metadata: { namespace: 'team-a', name: 'm', uid: 'owner-1' } };

let authority: KeyedCertificate;
let foreign: KeyedCertificate;
let operator: KeyedCertificate;
beforeAll(async () => {
  [authority, foreign] = await Promise.all([createAuthority(Date.now()), createAuthority(Date.now())]);
  operator = await leaf(authority, roleUri('operator'), 'both');
});

let folder: string;
let service: BlobService;
let renew: (credential: Credential) => void;
let apiServer: { awayFor: number; mayRead: boolean };
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'blob-service-'));
  apiServer = { awayFor: 0, mayRead: true };
  let credential: Credential = { ...(await blobsLeaf(authority)), caBundle: authority.certificate };
  const renewals = createListeners();
  renew = (next) => {
    credential = next;
    renewals.call();
  };
  service = await startBlobService({
    store: await openLocalStore(join(folder, 'blobs')),
    config: { bindAddress: '127.0.0.1', blobsPort: 0, sweepSeconds: 3600, watchNamespace: '' },
    enrolment: { ready: Promise.resolve(), current: () => credential, onRenewed: (listener) => renewals.add(listener), close: () => {} },
    client: {
      get: <T extends KubeObject>({ plural }: ResourceType, { namespace, name }: ObjectKey) => Promise.resolve(plural === 'missions' && namespace === 'team-a' && name === 'm' ? (mission as T) : undefined),
      listPage: () => Promise.resolve({ items: [], resourceVersion: '1', continueToken: undefined }),
    },
    authenticator: {
      review: (token) => (apiServer.awayFor-- > 0 ? Promise.reject(new Error('connection refused')) : Promise.resolve(token === 'jane' ? jane : undefined)),
      allowed: (_, { namespace, verb }) => Promise.resolve(apiServer.mayRead && namespace === 'team-a' && verb === 'get'),
    },
    metrics: createMetrics('blobs', '0'),
    clock: systemClock,
    log: silentLog,
  });
});
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await service.close();
  await rm(folder, { recursive: true });
});

const leaf = (by: KeyedCertificate, uri: string, usage: 'client' | 'server' | 'both') => createLeaf(by, { uri, usage, lifetimeSeconds: 600 }, Date.now());
const blobsLeaf = (by: KeyedCertificate) => createLeaf(by, { uri: roleUri('blobs'), dnsNames: [blobsName('sys')], usage: 'server', lifetimeSeconds: 600 }, Date.now());
const addressOf = (bytes: Uint8Array | string): BlobAddress => ({ namespaceUid: 'ns-1', ownerUid: 'owner-1', sha256: createHash('sha256').update(bytes).digest('hex') });
const grantFor = (change: object = {}) => createGrantSigner(operator)({ agent: agentUri(agent), namespaceUid: 'ns-1', ownerUid: 'owner-1', taskUid: 't', expiresAt: Date.now() + 60_000, ...change });
const bytesOf = (text: string) => ({ kind: 'bytes', bytes: Buffer.from(text) }) as const;
const whereabouts = () => ({ address: { current: () => Promise.resolve(`127.0.0.1:${service.port}`) }, namespace: 'sys' });

async function agentClient(by = authority, uri = agentUri(agent)) {
  const credential = { ...(await leaf(by, uri, 'client')), caBundle: authority.certificate };
  const client = createAgentBlobs({ ...whereabouts(), credential: () => credential });
  closers.push(() => client.close());
  return client;
}

function personClient(token: string) {
  const client = createPersonBlobs({ ...whereabouts(), caBundle: authority.certificate, token: () => Promise.resolve(token) });
  closers.push(() => client.close());
  return async (object: { namespace: string; plural: 'missions' | 'tasks'; name: string }, address: BlobAddress) => {
    const body = await client.get(object, address);
    return body === undefined ? undefined : (await buffer(body)).toString();
  };
}

const stored = async () => (await readdir(join(folder, 'blobs'), { recursive: true })).filter((name) => /[0-9a-f]{64}$/.test(name));

describe('an agent', () => {
  test('stores a blob and reads it back, from memory and from a file', async () => {
    const client = await agentClient();
    const large = randomBytes(3_000_000);
    await writeFile(join(folder, 'large'), large);
    await client.put(grantFor(), addressOf('hello'), bytesOf('hello'));
    await client.put(grantFor(), addressOf(large), { kind: 'file', path: join(folder, 'large'), sizeBytes: large.length });
    expect(await client.get(grantFor(), addressOf('hello'), join(folder, 'a'))).toBe('found');
    expect(await client.get(grantFor(), addressOf(large), join(folder, 'b'))).toBe('found');
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('hello');
    expect((await readFile(join(folder, 'b'))).equals(large)).toBe(true);
  });

  test('stores an empty blob', async () => {
    const client = await agentClient();
    await client.put(grantFor(), addressOf(''), bytesOf(''));
    expect(await client.get(grantFor(), addressOf(''), join(folder, 'a'))).toBe('found');
  });

  test('may store the same blob twice; the bytes of a large one are not asked for again', async () => {
    const client = await agentClient();
    const large = 'large'.repeat(20_000);
    await client.put(grantFor(), addressOf(large), bytesOf(large));
    // The file is not there: reading it would fail.
    await client.put(grantFor(), addressOf(large), { kind: 'file', path: join(folder, 'nowhere'), sizeBytes: large.length });
    await client.put(grantFor(), addressOf(large), bytesOf(large));
    expect(await stored()).toHaveLength(1);
    await client.put(grantFor(), addressOf('next'), bytesOf('next'));
  });

  test('learns that a blob is not there', async () => {
    expect(await (await agentClient()).get(grantFor(), addressOf('none'), join(folder, 'a'))).toBe('missing');
  });

  test('cannot store bytes under another digest', async () => {
    await expect((await agentClient()).put(grantFor(), addressOf('right'), bytesOf('wrong'))).rejects.toThrow(/answered 400.*digest/);
    expect(await stored()).toEqual([]);
  });

  test('cannot store more than the limit, and sends none of it', async () => {
    const upload = { kind: 'file', path: join(folder, 'nowhere'), sizeBytes: 268_435_457 } as const;
    await expect((await agentClient()).put(grantFor(), addressOf('x'), upload)).rejects.toThrow(/answered 413/);
  });

  test('whose file shrinks while it is sent stores nothing and is told', async () => {
    await writeFile(join(folder, 'short'), 'hel');
    const upload = { kind: 'file', path: join(folder, 'short'), sizeBytes: 5 } as const;
    await expect((await agentClient()).put(grantFor(), addressOf('hello'), upload)).rejects.toThrow(/another size/);
    expect(await stored()).toEqual([]);
  });

  test('can give up an upload', async () => {
    const stop = new AbortController();
    const client = createAgentBlobs({ ...whereabouts(), credential: () => ({ ...operator, caBundle: authority.certificate }) });
    closers.push(() => client.close());
    stop.abort();
    await expect(client.put(grantFor(), addressOf('hello'), bytesOf('hello'), stop.signal)).rejects.toThrow(/abort/);
  });

  const refusals: Record<string, { client?: () => ReturnType<typeof agentClient>; grant: () => string; want: RegExp }> = {
    'no grant': { grant: () => '', want: /answered 40[13]/ },
    'a grant of another agent': { grant: () => grantFor({ agent: agentUri({ ...agent, uid: 'u-2' }) }), want: /403.*another agent/ },
    'a grant for another owner': { grant: () => grantFor({ ownerUid: 'owner-2' }), want: /403.*another owner/ },
    'a grant for another namespace': { grant: () => grantFor({ namespaceUid: 'ns-2' }), want: /403.*another owner/ },
    'a grant that has expired': { grant: () => grantFor({ expiresAt: Date.now() - 1 }), want: /403.*expired/ },
    'a grant that was tampered with': { grant: () => grantFor().replace(/^..../, 'AAAA'), want: /403/ },
    'a certificate of another CA': { client: () => agentClient(foreign), grant: grantFor, want: /401/ },
    'the certificate of a server': { client: () => agentClient(authority, roleUri('blobs')), grant: grantFor, want: /401/ },
  };
  test.each(Object.entries(refusals))('is refused with %s, for both verbs', async (_, { client = agentClient, grant, want }) => {
    await (await agentClient()).put(grantFor(), addressOf('there'), bytesOf('there'));
    const caller = await client();
    await expect(caller.put(grant(), addressOf('x'), bytesOf('x'))).rejects.toThrow(want);
    await expect(caller.get(grant(), addressOf('there'), join(folder, 'a'))).rejects.toThrow(want);
    expect(await stored()).toHaveLength(1);
  });
});

describe('a person', () => {
  const object = { namespace: 'team-a', plural: 'missions', name: 'm' } as const;
  beforeEach(async () => (await agentClient()).put(grantFor(), addressOf('report'), bytesOf('report')));

  test('who may get the mission reads its blobs', async () => expect(await personClient('jane')(object, addressOf('report'))).toBe('report'));
  test('learns that a blob is not there', async () => expect(await personClient('jane')(object, addressOf('other'))).toBeUndefined());
  test('without a valid token is refused', async () => expect(personClient('joe')(object, addressOf('report'))).rejects.toThrow(/answered 401/));
  test('who may not get the mission is refused', async () => {
    apiServer.mayRead = false;
    await expect(personClient('jane')(object, addressOf('report'))).rejects.toThrow(/answered 403.*jane may not get missions/);
  });
  test('cannot read blobs of another owner through an object of theirs', async () => {
    await expect(personClient('jane')(object, { ...addressOf('report'), ownerUid: 'owner-2' })).rejects.toThrow(/answered 403.*does not belong/);
  });
  test('cannot read through an object that does not exist', async () => {
    await expect(personClient('jane')({ ...object, name: 'gone' }, addressOf('report'))).rejects.toThrow(/answered 403.*does not belong/);
  });
  test('is told to try again while the API server is away', async () => {
    apiServer.awayFor = 1;
    await expect(personClient('jane')(object, addressOf('report'))).rejects.toThrow(/answered 503/);
    expect(await personClient('jane')(object, addressOf('report'))).toBe('report');
  });
});

test('bytes that were damaged on the disk are not handed out as good', async () => {
  const client = await agentClient();
  await client.put(grantFor(), addressOf('hello'), bytesOf('hello'));
  await writeFile(join(folder, 'blobs', 'ns-1', 'owner-1', addressOf('hello').sha256), 'jello');
  await expect(client.get(grantFor(), addressOf('hello'), join(folder, 'a'))).rejects.toThrow(/not used/);
  await expect(readFile(join(folder, 'a'))).rejects.toThrow(/ENOENT/);
});

test('a renewed certificate under a new CA is shown to new connections', async () => {
  renew({ ...(await blobsLeaf(foreign)), caBundle: authority.certificate + foreign.certificate });
  await expect((await agentClient()).put(grantFor(), addressOf('x'), bytesOf('x'))).rejects.toThrow(/certificate|signed/);
  const both = { ...(await leaf(foreign, agentUri(agent), 'client')), caBundle: foreign.certificate };
  const client = createAgentBlobs({ ...whereabouts(), credential: () => both });
  closers.push(() => client.close());
  await client.put(grantFor(), addressOf('x'), bytesOf('x'));
});

describe('a copy for another owner', () => {
  const to: BlobAddress = { ...addressOf('hello'), ownerUid: 'owner-2' };
  const credentials: Record<string, () => Promise<KeyedCertificate>> = {
    operator: async () => operator,
    agent: () => leaf(authority, agentUri(agent), 'client'),
    'foreign operator': () => leaf(foreign, roleUri('operator'), 'both'),
    'LLM gateway': () => leaf(authority, roleUri('llm-gateway'), 'both'),
  };
  const copy = async (who: string, { path = blobPath(to), from = 'owner-1', ...more }: Record<string, string> = {}) => {
    const { certificate, key } = (await credentials[who]?.()) ?? operator;
    return new Promise<number | undefined>((resolve, reject) => {
      const outgoing = httpsRequest({ ...dialOptions(blobsName('sys'), { caBundle: authority.certificate, certificate, key }), agent: false, host: '127.0.0.1', port: service.port, method: 'PUT', path, headers: { 'coditect-copy-from': from, 'content-length': 0, ...more } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      outgoing.once('error', reject).end();
    });
  };
  const fileOf = ({ namespaceUid, ownerUid, sha256 }: BlobAddress) => join(folder, 'blobs', namespaceUid, ownerUid, sha256);
  beforeEach(async () => (await agentClient()).put(grantFor(), addressOf('hello'), bytesOf('hello')));

  test('is kept for the operator, is the same the second time, and stays when the first owner goes', async () => {
    expect(await copy('operator')).toBe(201);
    expect(await copy('operator')).toBe(200);
    await rm(join(folder, 'blobs', 'ns-1', 'owner-1'), { recursive: true });
    expect(await copy('operator')).toBe(200);
    expect(await readFile(fileOf(to), 'utf8')).toBe('hello');
  });

  test('is of bytes of its own', async () => {
    await copy('operator');
    await writeFile(fileOf(addressOf('hello')), 'jello');
    expect(await readFile(fileOf(to), 'utf8')).toBe('hello');
  });

  test('of what is not there, or is damaged, is refused and leaves nothing', async () => {
    expect(await copy('operator', { from: 'owner-3' })).toBe(404);
    expect(await copy('operator', { path: blobPath({ ...to, namespaceUid: 'ns-2' }) })).toBe(404);
    await writeFile(fileOf(addressOf('hello')), 'jello');
    expect(await copy('operator')).toBe(404);
    expect(await stored()).toHaveLength(1);
  });

  test.each(['../owner-1', 'a/b', ''])('cannot be asked of the owner %j', async (from) => expect(await copy('operator', { from })).toBe(400));

  test.each(['agent', 'foreign operator', 'LLM gateway'])('is not made for an %s', async (who) => {
    expect(await copy(who, who === 'agent' ? { 'coditect-grant': grantFor({ ownerUid: 'owner-2' }) } : {})).toBe(403);
    expect(await stored()).toHaveLength(1);
  });

  test('is asked for by the operator\'s client, also after its certificate was renewed', async () => {
    let credential = { ...operator, caBundle: authority.certificate };
    const client = createOperatorBlobs({ ...whereabouts(), credential: () => ({ ...credential }) });
    closers.push(() => client.close());
    expect(await client.keep(addressOf('hello'), 'owner-2')).toBe('kept');
    expect(await client.keep(addressOf('other'), 'owner-2')).toBe('missing');
    credential = { ...(await leaf(authority, roleUri('operator'), 'both')), caBundle: authority.certificate };
    expect(await client.keep(addressOf('hello'), 'owner-3')).toBe('kept');
    credential = { ...(await leaf(authority, roleUri('llm-gateway'), 'both')), caBundle: authority.certificate };
    await expect(client.keep(addressOf('hello'), 'owner-4')).rejects.toThrow(/answered 403.*only the operator/);
    expect(await stored()).toHaveLength(3);
  });

  test('is all that the operator may have: it neither reads nor writes', async () => {
    const credential = { ...operator, caBundle: authority.certificate };
    const client = createAgentBlobs({ ...whereabouts(), credential: () => credential });
    closers.push(() => client.close());
    await expect(client.put(grantFor(), addressOf('x'), bytesOf('x'))).rejects.toThrow(/answered 401/);
    await expect(client.get(grantFor(), addressOf('hello'), join(folder, 'a'))).rejects.toThrow(/answered 401/);
  });
});

describe('raw requests', () => {
  const ask = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const credential = { ...(await leaf(authority, agentUri(agent), 'client')), caBundle: authority.certificate };
    return new Promise<number | undefined>((resolve, reject) => {
      const outgoing = httpsRequest({ ...dialOptions(blobsName('sys'), credential), agent: false, host: '127.0.0.1', port: service.port, method, path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      outgoing.once('error', reject).end();
    });
  };
  const cases: Record<string, { method: string; path: string; headers?: () => Record<string, string>; want: number }> = {
    'another path': { method: 'GET', path: '/', want: 404 },
    'a path that climbs': { method: 'GET', path: `/v1/blobs/../../${'a'.repeat(64)}`, want: 404 },
    'a path with a query': { method: 'GET', path: `${blobPath(addressOf('x'))}?a=b`, want: 404 },
    'another verb': { method: 'DELETE', path: blobPath(addressOf('x')), want: 405 },
    'an upload of unknown length': { method: 'PUT', path: blobPath(addressOf('x')), headers: () => ({ 'coditect-grant': grantFor(), 'transfer-encoding': 'chunked' }), want: 411 },
  };
  test.each(Object.entries(cases))('%s', async (_, { method, path, headers, want }) => expect(await ask(method, path, headers?.())).toBe(want));
});
