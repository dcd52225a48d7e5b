// Tools of Model Context Protocol servers as the rest of the runtime sees them: a connection to one server, and what one attempt may use of all.
import type { McpServerSetting } from '#api/config/agent.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { ToolPolicy } from '#api/v1alpha1/task.ts';
import type { Tool, ToolAnswer } from '#agent-runtime/thinking/tool.ts';

/** A tool as its server describes it: texts of strangers. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

/** A connection that has listed the server's tools. */
export interface McpConnection {
  readonly tools: readonly ListedTool[];
  /** Rejects when the server does not answer as the protocol asks, or not in time. */
  call(tool: ListedTool, input: JsonObject): Promise<ToolAnswer>;
  /** Never rejects. */
  close(): Promise<void>;
}

/** Connects to a server and lists its tools. Rejects when that does not work; `signal` ends the connection's calls. */
export type OpenMcp = (server: McpServerSetting, signal: AbortSignal) => Promise<McpConnection>;

/** What an attempt may use of the servers of its pool. */
export interface McpTools {
  /** Names that the tools are offered under, those too that this attempt may not use: what a tool policy may speak of. */
  readonly names: readonly string[];
  /** The tools of a role, and after them those of servers, as far as the task and `policy` let them through. The first call connects. */
  join(own: readonly Tool[], policy: ToolPolicy): Promise<readonly Tool[]>;
}
