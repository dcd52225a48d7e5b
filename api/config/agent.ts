// Settings of an agent process. The operator writes them into the pod; people do not.
import { z } from 'zod';
import { McpServer } from '../v1alpha1/agentpool.ts';
import { env, jsonText, LogLevel, TextList, whole } from './setting.ts';

/** A server of the Model Context Protocol as an agent knows it. Its token, if it has one, lies in a file. */
export const McpServerSetting = McpServer.omit({ tokenFrom: true }).extend({ hasToken: z.boolean() });
export type McpServerSetting = z.infer<typeof McpServerSetting>;

export const AgentConfig = z.object({
  podName: z.string().min(1).max(253).meta(env('CODITECT_POD_NAME')).describe('Name of this pod.'),
  podUid: z.string().min(1).max(64).meta(env('CODITECT_POD_UID')).describe('UID of this pod.'),
  namespace: z.string().min(1).max(63).meta(env('CODITECT_POD_NAMESPACE')).describe('Namespace of this pod.'),
  pool: z.string().min(1).max(63).meta(env('CODITECT_POOL')).describe('AgentPool of this pod.'),
  slots: whole(1, 64).default(1).meta(env('CODITECT_SLOTS')).describe('Tasks run at once.'),
  agentTypes: TextList.meta(env('CODITECT_AGENT_TYPES')).describe('Roles this agent takes, comma separated.'),
  capabilities: TextList.default([]).meta(env('CODITECT_CAPABILITIES')).describe('Capabilities this agent has, comma separated.'),
  tokenFile: z.string().min(1).max(4096).meta(env('CODITECT_TOKEN_FILE')).describe('Projected ServiceAccount token with audience coditect.'),
  caBundle: z.string().min(1).max(65_536).meta(env('CODITECT_CA_BUNDLE')).describe('CA certificates to trust at the first connection, PEM.'),
  operatorNamespace: z.string().min(1).max(63).default('coditect-system').meta(env('CODITECT_NAMESPACE')).describe('Namespace of the installation; part of the TLS names.'),
  endpointsFile: z.string().max(4096).optional().meta(env('CODITECT_ENDPOINTS_FILE')).describe('File with the addresses of operator and blob service. Unset: their Services by DNS.'),
  workFolder: z.string().min(1).max(4096).meta(env('CODITECT_WORK_FOLDER')).describe('Folder for workspaces, repositories and kept results.'),
  workFolderMaxMiB: whole(64, 1_048_576).default(4096).meta(env('CODITECT_WORK_FOLDER_MAX_MIB')).describe('Most disk that repositories kept for reuse may take, in MiB.'),
  gitSecretsFolder: z.string().min(1).max(4096).default('/var/run/coditect/git').meta(env('CODITECT_GIT_SECRETS')).describe('Folder of the mounted Secrets with credentials for git servers, one sub folder each with files username and password.'),
  mcpServers: jsonText(z.array(McpServerSetting).max(8)).default([]).meta(env('CODITECT_MCP_SERVERS')).describe('Servers of the Model Context Protocol whose tools agents that think may use, as JSON.'),
  mcpTokensFolder: z.string().min(1).max(4096).default('/var/run/coditect/mcp').meta(env('CODITECT_MCP_TOKENS')).describe('Folder of the mounted tokens for these servers, one sub folder each with a file token.'),
  jailPath: z.string().min(1).max(4096).optional().meta(env('CODITECT_JAIL')).describe('Program that confines what tasks run. Unset: `jail` beside the program of the agent. Without it tasks run without a boundary.'),
  coderModel: z.string().min(1).max(128).default('claude-sonnet-5-5').meta(env('CODITECT_CODER_MODEL')).describe('Model that writes code for tasks that name none.'),
  drainSeconds: whole(0, 3600).default(25).meta(env('CODITECT_DRAIN_SECONDS')).describe('How long running tasks may finish after SIGTERM, in seconds.'),
  healthPort: whole(0, 65_535).default(8080).meta(env('CODITECT_PORT_HEALTH')).describe('Port of /livez, /readyz and /metrics, plain HTTP.'),
  bindAddress: z.string().max(64).default('0.0.0.0').meta(env('CODITECT_BIND_ADDRESS')).describe('Address the health listener binds to.'),
  logLevel: LogLevel.default('info').meta(env('CODITECT_LOG_LEVEL')).describe('error, warn, info or debug.'),
});
export type AgentConfig = z.infer<typeof AgentConfig>;
