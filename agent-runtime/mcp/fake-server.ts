// A server of the Model Context Protocol for tests: the vendor's own, over HTTP on the loopback, with tools that a test writes down.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CallToolResult, createMcpHandler, type CreateMcpHandlerOptions, Server, type Tool, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import { afterEach } from 'vitest';
import type { McpServerSetting } from '#api/config/agent.ts';

/** A tool, and what it does. */
export interface FakeTool {
  readonly description?: string;
  readonly inputSchema?: object;
  readonly call?: (input: Record<string, unknown>) => Promise<CallToolResult> | CallToolResult;
}

export type FakeTools = Readonly<Record<string, FakeTool>>;

export interface FakeServer {
  /** As a pool would list it, with all of its tools. */
  readonly setting: McpServerSetting;
  /** Calls that have reached it. */
  readonly calls: { readonly tool: string; readonly input: unknown }[];
  /** Values of the header Authorization, one of each request. */
  readonly tokens: (string | undefined)[];
  /** Sessions that are open. */
  readonly sessions: () => number;
  readonly die: () => Promise<void>;
}

/** `keepsSessions`: it speaks the protocol of 2025 alone, as most servers do. `redirectsTo`: it answers everything with another address. */
type Options = Partial<McpServerSetting> & Pick<CreateMcpHandlerOptions, 'responseMode'> & { readonly keepsSessions?: boolean; readonly redirectsTo?: string };

interface Handler {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/** A text as an answer. */
export function says(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}

/** Starts servers and ends them after each test. */
export function mcpServers(): (tools: FakeTools, options?: Options) => Promise<FakeServer> {
  const open: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });
  return async (tools, { responseMode, keepsSessions = false, redirectsTo, ...setting } = {}) => {
    const calls: FakeServer['calls'] = [];
    const tokens: FakeServer['tokens'] = [];
    const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
    const make = () => serverOf(tools, calls);
    const modern = createMcpHandler(make, responseMode === undefined ? {} : { responseMode });
    const handler: Handler = redirectsTo === undefined ? (keepsSessions ? withSessions(make, sessions) : modern) : { fetch: async () => Response.redirect(redirectsTo, 307), close: () => modern.close() };
    const http = createServer((request, response) => {
      tokens.push(request.headers.authorization);
      void toRequest(request).then(async (asked) => {
        const { status, headers, body } = await handler.fetch(asked);
        response.writeHead(status, Object.fromEntries(headers));
        for await (const chunk of body ?? []) response.write(chunk);
        response.end();
      }).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const die = async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await handler.close();
    };
    open.push(die);
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
    return { setting: { name: 'tracker', url, tools: Object.keys(tools), sideEffect: 'None', hasToken: false, ...setting }, calls, tokens, sessions: () => sessions.size, die };
  };
}

/** Each session has a server of its own, until the client says farewell. */
function withSessions(make: () => Server, sessions: Map<string, WebStandardStreamableHTTPServerTransport>): Handler {
  const begin = async () => {
    const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, onsessioninitialized: (id) => void sessions.set(id, transport), onsessionclosed: (id) => void sessions.delete(id) });
    await make().connect(transport);
    return transport;
  };
  return {
    fetch: async (request) => (sessions.get(request.headers.get('mcp-session-id') ?? '') ?? (await begin())).handleRequest(request),
    close: async () => void (await Promise.all([...sessions.values()].map((transport) => transport.close()))),
  };
}

function serverOf(tools: FakeTools, calls: FakeServer['calls']): Server {
  const server = new Server({ name: 'fake', version: '1' }, { capabilities: { tools: {} } });
  // The vendor's type allows no nonsense, and some servers talk it.
  server.setRequestHandler('tools/list', () => ({ tools: Object.entries(tools).map(([name, { description, inputSchema = { type: 'object' } }]) => ({ name, description, inputSchema }) as Tool) }));
  server.setRequestHandler('tools/call', async ({ params: { name, arguments: input = {} } }) => {
    calls.push({ tool: name, input });
    return (await tools[name]?.call?.(input)) ?? says(`${name} has nothing to say`);
  });
  return server;
}

async function toRequest(request: IncomingMessage): Promise<Request> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const body = Buffer.concat(chunks);
  const headers = Object.entries(request.headersDistinct).flatMap(([name, values = []]) => values.map((value): [string, string] => [name, value]));
  return new Request(`http://${request.headers.host}${request.url}`, { method: request.method ?? 'GET', headers, ...(body.length === 0 ? {} : { body }) });
}
