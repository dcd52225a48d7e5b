// One connection to one server by Streamable HTTP, with the vendor's client. It asks nothing of us: no capability is declared, so a server cannot ask for our model, our files or our users.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, type JSONRPCMessage, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';
import type { McpServerSetting } from '#api/config/agent.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { answerOf } from './answer.ts';
import { boundedFetch } from './bounded-fetch.ts';
import type { ListedTool, McpConnection, OpenMcp } from './port.ts';

/** How long a server may take, and how much it may say. */
export const mcpLimits = { openMs: 15_000, callMs: 60_000, responseBytes: 4 * 1024 * 1024, pages: 8 } as const;

export type McpLimits = { readonly [K in keyof typeof mcpLimits]: number };

export interface McpOptions {
  /** Folder of mounted tokens, one sub folder for each server. */
  readonly tokensFolder: string;
  readonly version: string;
  readonly limits?: McpLimits;
}

/** Opens connections. */
export function mcpConnections({ tokensFolder, version, limits = mcpLimits }: McpOptions): OpenMcp {
  return async (server, signal) => {
    const current = { cut: new AbortController() };
    const transport = new StreamableHTTPClientTransport(new URL(server.url), {
      // The client would wait for a stream that was cut off until the time is up.
      fetch: boundedFetch(limits.responseBytes, (why) => current.cut.abort(why)),
      // Another server than this one is led to by no redirect: the client's own rule.
      redirectPolicy: 'same-origin',
      // Read for each request: a Secret may be changed while an agent runs.
      ...(server.hasToken ? { authProvider: { token: () => tokenOf(join(tokensFolder, server.name, 'token')) } } : {}),
      reconnectionOptions: { maxRetries: 0, initialReconnectionDelay: 1000, maxReconnectionDelay: 1000, reconnectionDelayGrowFactor: 1 },
    });
    const client = new Client({ name: 'coditect-agent', version }, { versionNegotiation: { mode: 'auto' }, inputRequired: { autoFulfill: false } });
    const close = () => closed(client, transport);
    /** Called before each request: what was too long for one ends no other. */
    const ends = () => {
      current.cut = new AbortController();
      return AbortSignal.any([signal, current.cut.signal]);
    };
    try {
      const asked = { signal: AbortSignal.any([ends(), AbortSignal.timeout(limits.openMs)]), timeout: limits.openMs };
      await client.connect(transport, asked);
      return { ...callsOf(client, { server, ends, callMs: limits.callMs }), tools: await listed(client, transport, { asked, pages: limits.pages }), close };
    } catch (error) {
      await close();
      throw error;
    }
  };
}

async function tokenOf(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim();
}

function callsOf(client: Client, { server, ends, callMs }: { readonly server: McpServerSetting; readonly ends: () => AbortSignal; readonly callMs: number }): Pick<McpConnection, 'call'> {
  return {
    call: async ({ name, inputSchema }, input) => {
      const options = { signal: ends(), timeout: callMs, maxTotalTimeout: callMs, toolDefinition: { name, inputSchema: { ...inputSchema, type: 'object' as const } } };
      return answerOf(server.name, await client.callTool({ name, arguments: input }, options));
    },
  };
}

type Asked = { readonly signal: AbortSignal; readonly timeout: number };

/** All tools of the server, page by page. */
async function listed(client: Client, transport: StreamableHTTPClientTransport, { asked, pages }: { readonly asked: Asked; readonly pages: number }): Promise<readonly ListedTool[]> {
  keepReadable(transport);
  const tools: ListedTool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const { tools: more, nextCursor } = await client.request({ method: 'tools/list', params: cursor === undefined ? {} : { cursor } }, asked);
    tools.push(...more.map(({ name, description = '', inputSchema }) => ({ name, description, inputSchema: inputSchema as JsonObject })));
    if (nextCursor === undefined) return tools;
    cursor = nextCursor;
  }
  return tools;
}

/** What we take of a tool's description; what else stands there is not looked at. */
const Readable = z.object({
  name: z.string(),
  description: z.string().optional().catch(undefined),
  inputSchema: z.looseObject({ type: z.literal('object'), properties: z.record(z.string(), z.json()).optional(), required: z.array(z.string()).optional() }),
});

const Listing = z.looseObject({ result: z.looseObject({ tools: z.array(z.unknown()) }) });

/** The client refuses a whole list for one tool that is not as the protocol asks: such tools are taken out before it looks. */
function keepReadable(transport: StreamableHTTPClientTransport): void {
  const deliver = transport.onmessage?.bind(transport);
  transport.onmessage = (message) => deliver?.(readable(message));
}

function readable(message: JSONRPCMessage): JSONRPCMessage {
  const { data: listing } = Listing.safeParse(message);
  if (listing === undefined) return message;
  const tools = listing.result.tools.flatMap((tool) => Readable.safeParse(tool).data ?? []);
  return { ...message, result: { ...listing.result, tools } } as JSONRPCMessage;
}

/** Servers that know sessions are told, and nobody minds whether they hear it. */
async function closed(client: Client, transport: StreamableHTTPClientTransport): Promise<void> {
  await transport.terminateSession().catch(() => undefined);
  await client.close().catch(() => undefined);
}
