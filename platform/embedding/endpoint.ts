// Vectors from a server that speaks `POST /v1/embeddings` as OpenAI does. CA, client certificate and token are files that somebody may replace at any time.
import { createHash } from 'node:crypto';
import { Agent, request } from 'undici';
import { addressFault, type CredentialFiles, type Credentials, readCredentials } from '../credential-files.ts';
import { messageOf, PlatformError } from '../errors.ts';
import type { Embedder } from './types.ts';

/** The token is the password of the files. */
export interface EndpointSettings extends CredentialFiles {
  /** `https://host/v1/embeddings`. Plain `http:` only with `insecure`. */
  readonly url: string;
  readonly insecure: boolean;
  readonly model: string;
  /** Longest wait for an answer, in milliseconds. */
  readonly timeoutMs: number;
}

const textsAtOnce = 64;
const mostBytes = 16_777_216;

/** An embedder behind an endpoint. Throws for settings that would send texts in the open. */
export function createEndpointEmbedder(settings: EndpointSettings): Embedder {
  const url = urlOf(settings);
  let line: { readonly digest: string; readonly agent: Agent } | undefined;
  const lineFor = (credentials: Credentials): Agent => {
    if (line?.digest === credentials.digest) return line.agent;
    void line?.agent.close();
    line = { digest: credentials.digest, agent: agentFor(settings, credentials) };
    return line.agent;
  };
  return {
    id: idOf(settings.model),
    async embed(texts) {
      const vectors: (readonly number[])[] = [];
      for (let from = 0; from < texts.length; from += textsAtOnce) {
        const credentials = readCredentials(settings);
        vectors.push(...(await asked({ url, model: settings.model, agent: lineFor(credentials), token: credentials.password }, texts.slice(from, from + textsAtOnce))));
      }
      return vectors;
    },
    close: async () => line?.agent.destroy(),
  };
}

/** Models are told apart by their whole names, of which an id has no room. */
function idOf(model: string): string {
  const words = model.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '').slice(0, 40);
  return `endpoint-${words}-${createHash('sha256').update(model).digest('hex').slice(0, 8)}`;
}

function urlOf({ url: text, insecure }: EndpointSettings): URL {
  const url = new URL(text);
  const fault = addressFault(url, insecure);
  if (fault !== undefined) throw new PlatformError('Embedding', `ask ${url.host} for embeddings: ${fault}`);
  return url;
}

function agentFor({ timeoutMs }: EndpointSettings, { ca, cert, key }: Credentials): Agent {
  const tls = { minVersion: 'TLSv1.2' as const, ...(ca === undefined ? {} : { ca }), ...(cert === undefined || key === undefined ? {} : { cert, key }) };
  return new Agent({ connect: { timeout: timeoutMs, ...tls }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connections: 2, maxResponseSize: mostBytes });
}

interface Question {
  readonly url: URL;
  readonly model: string;
  readonly agent: Agent;
  readonly token: string | undefined;
}

async function asked({ url, model, agent, token }: Question, input: readonly string[]): Promise<readonly (readonly number[])[]> {
  const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  const wrong = (why: string, cause?: unknown) => new PlatformError('Embedding', `ask ${url.host} for embeddings: ${why}; it is tried again`, { cause });
  const { statusCode, body } = await request(url, { method: 'POST', dispatcher: agent, headers, body: JSON.stringify({ model, input, encoding_format: 'float' }) }).catch((error: unknown) => Promise.reject(wrong(messageOf(error), error)));
  // What a server says of an error may repeat what it was sent: only the status is told.
  if (statusCode !== 200) throw await body.dump().then(() => wrong(`it answered with status ${statusCode}`));
  const answer: unknown = await body.json().catch((error: unknown) => Promise.reject(wrong('its answer is no JSON', error)));
  const vectors = vectorsIn(answer, input.length);
  if (vectors === undefined) throw wrong(`its answer does not hold ${input.length} vectors of one length`);
  return vectors;
}

/** In the order of the texts, which need not be that of the answer. */
function vectorsIn(answer: unknown, count: number): readonly (readonly number[])[] | undefined {
  const data: unknown = typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : undefined;
  if (!Array.isArray(data) || data.length !== count) return undefined;
  const byIndex = new Map(data.map((row: unknown, at) => [indexIn(row, at), vectorIn(row)] as const));
  const vectors = Array.from({ length: count }, (_, at) => byIndex.get(at)).filter((vector) => vector !== undefined);
  return vectors.length === count && new Set(vectors.map(({ length }) => length)).size === 1 ? vectors : undefined;
}

function indexIn(row: unknown, at: number): unknown {
  return typeof row === 'object' && row !== null && 'index' in row ? row.index : at;
}

function vectorIn(row: unknown): readonly number[] | undefined {
  const value: unknown = typeof row === 'object' && row !== null && 'embedding' in row ? row.embedding : undefined;
  return isVector(value) ? value : undefined;
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length >= 1 && value.length <= 8192 && value.every((part) => typeof part === 'number' && Number.isFinite(part));
}
