// The three embedders: what they have in common, and what endpoints do wrong.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createEndpointEmbedder, type EndpointSettings } from './endpoint.ts';
import { hashingEmbedder } from './hashing.ts';
import { createLocalEmbedder } from './local.ts';
import type { Embedder } from './types.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => void (await Promise.all(closers.splice(0).map((close) => close()))));

const folder = mkdtempSync(join(tmpdir(), 'embedding-'));

async function serving(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => (server.closeAllConnections(), server.close()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/embeddings`;
}

function endpoint(url: string, more: Partial<EndpointSettings> = {}): Embedder {
  const embedder = createEndpointEmbedder({ url, model: 'text-small-1', insecure: true, timeoutMs: 1000, ...more });
  closers.push(() => embedder.close());
  return embedder;
}

interface Asked {
  readonly model: string;
  readonly input: readonly string[];
}

/** A server that gives each text its length, in an order of its own. */
const counting =
  (heard: { asked: Asked[]; tokens: unknown[] }): RequestListener =>
  async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asked = JSON.parse(Buffer.concat(chunks).toString()) as Asked;
    heard.asked.push(asked);
    heard.tokens.push(request.headers.authorization);
    response.end(JSON.stringify({ data: asked.input.map((text, index) => ({ index, embedding: [text.length, 1] })).toReversed() }));
  };

const cosine = (a: readonly number[] = [], b: readonly number[] = []) => a.reduce((sum, part, at) => sum + part * (b[at] ?? 0), 0) / (Math.hypot(...a) * Math.hypot(...b));

describe.each([['hashing', hashingEmbedder], ['local', createLocalEmbedder()]] as const)('%s', (_, embedder) => {
  test('puts what is alike nearer than what is not, the same each time', async () => {
    const texts = ['Make the failing unit tests pass.', 'Make the unit tests of the parser pass.', 'Write a report about import cycles.', ''];
    const [vectors, again] = [await embedder.embed(texts), await embedder.embed(texts.slice(0, 2))];
    expect(vectors.map(({ length }) => length)).toEqual(Array.from(texts, () => vectors[0]?.length));
    expect(cosine(vectors[0], vectors[1])).toBeGreaterThan(cosine(vectors[0], vectors[2]) + 0.1);
    expect(again).toEqual(vectors.slice(0, 2));
    expect(vectors.flat().every(Number.isFinite)).toBe(true);
    expect(embedder.id).toMatch(/^[a-z0-9-]{1,63}$/);
  }, 30_000);
});

describe('an endpoint', () => {
  test('is asked for many texts in few calls, and its answers are put in order', async () => {
    const heard = { asked: [] as Asked[], tokens: [] as unknown[] };
    writeFileSync(join(folder, 'token'), 'k-1\n');
    const texts = Array.from({ length: 100 }, (_, index) => 'x'.repeat(index + 1));
    const vectors = await endpoint(await serving(counting(heard)), { passwordFile: join(folder, 'token') }).embed(texts);
    expect(vectors.map(([length]) => length)).toEqual(texts.map(({ length }) => length));
    expect(heard.asked.map(({ model, input }) => [model, input.length])).toEqual([['text-small-1', 64], ['text-small-1', 36]]);
    expect(heard.tokens[0]).toBe('Bearer k-1');
  });

  test('is known by the whole name of its model', () => {
    const ids = ['a/b', 'a-b', 'A/B', 'x'.repeat(100)].map((model) => endpoint('https://e.example/v1/embeddings', { model }).id);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^endpoint-[a-z0-9-]{1,54}$/);
  });

  const wrong: Record<string, { answer: RequestListener; want: RegExp }> = {
    'an error': { answer: (_, response) => void response.writeHead(429).end('your text was: secret'), want: /status 429; it is tried again$/ },
    'no JSON': { answer: (_, response) => void response.end('<html>'), want: /no JSON/ },
    'too few vectors': { answer: (_, response) => void response.end('{"data":[]}'), want: /does not hold 2 vectors/ },
    'vectors of two lengths': { answer: (_, response) => void response.end('{"data":[{"embedding":[1]},{"embedding":[1,2]}]}'), want: /of one length/ },
    'no numbers': { answer: (_, response) => void response.end('{"data":[{"embedding":["a"]},{"embedding":[null]}]}'), want: /does not hold/ },
    'one vector twice': { answer: (_, response) => void response.end('{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}'), want: /does not hold/ },
    'silence': { answer: () => {}, want: /tried again/ },
  };
  test.each(Object.entries(wrong))('that answers with %s is told, without what it said', async (_, { answer, want }) => {
    const fault = await endpoint(await serving(answer)).embed(['a', 'b']).catch(String);
    expect(fault).toMatch(want);
    expect(fault).not.toContain('secret');
  }, 15_000);

  test('without TLS has to be allowed, and its URL holds no credentials', () => {
    expect(() => endpoint('http://e.example/v1/embeddings', { insecure: false })).toThrow(/not https/);
    expect(() => endpoint('https://me:pw@e.example/v1/embeddings')).toThrow(/credentials belong into files/);
  });
});
