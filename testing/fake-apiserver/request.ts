// From an HTTP request to what it asks for.
import type { IncomingMessage } from 'node:http';
import type { ResourceType } from '#api/v1alpha1/kinds.ts';
import type { KubeVerb } from '#platform/kube/transport.ts';
import { Refusal } from './refusal.ts';

export interface FakeRequest {
  readonly verb: KubeVerb;
  readonly type: ResourceType;
  readonly plural: string;
  /** Empty: all namespaces, or a cluster-scoped resource. */
  readonly namespace: string;
  /** Empty for collections. */
  readonly name: string;
  readonly subresource: string | undefined;
  /** True for a later page of a list. */
  readonly continued: boolean;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Reads method, path and body; a path of no known resource is a 404 without details, as from a real server. */
export async function readRequest(message: IncomingMessage, types: readonly ResourceType[]): Promise<FakeRequest> {
  const url = new URL(message.url ?? '/', 'http://localhost');
  const [type, rest] = resourceOf(url.pathname, types);
  const inNamespace = rest[0] === 'namespaces' && rest.length >= 3 && type.plural !== 'namespaces';
  const [, name = '', subresource] = inNamespace ? rest.slice(2) : rest;
  const place = { namespace: inNamespace ? (rest[1] ?? '') : '', name, subresource };
  return { ...place, verb: verbOf(message, name, url.searchParams), type, plural: type.plural, continued: url.searchParams.has('continue'), query: url.searchParams, body: await readBody(message) };
}

/** The resource of a path and the parts of the path after group and version. */
function resourceOf(pathname: string, types: readonly ResourceType[]): [ResourceType, string[]] {
  const parts = pathname.split('/').filter((part) => part !== '').map(decodeURIComponent);
  const [group = '', version = ''] = parts[0] === 'api' ? ['', parts[1]] : parts.slice(1, 3);
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const plural = rest[0] === 'namespaces' && rest.length >= 3 ? rest[2] : rest[0];
  const type = types.find((known) => known.group === group && known.version === version && known.plural === plural);
  if (type === undefined) throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
  return [type, rest];
}

function verbOf({ method = '', headers }: IncomingMessage, name: string, query: URLSearchParams): KubeVerb {
  if (method === 'GET') return query.get('watch') === 'true' ? 'watch' : name === '' ? 'list' : 'get';
  if (method === 'PATCH') return headers['content-type'] === 'application/apply-patch+yaml' ? 'apply' : 'patch';
  if (method === 'POST') return 'create';
  if (method === 'DELETE') return 'delete';
  throw new Refusal(405, 'MethodNotAllowed', `${method} is not known here`);
}

async function readBody(message: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString());
}
