// docs/reference/config.md: every setting of every process.
import type { z } from 'zod';
import { AgentConfig } from '#api/config/agent.ts';
import { ArchiveConfig } from '#api/config/archive.ts';
import { BlobsConfig } from '#api/config/blobs.ts';
import { ConsoleConfig } from '#api/config/console.ts';
import { InstallCheckConfig } from '#api/config/install-check.ts';
import { LlmGatewayConfig } from '#api/config/llm-gateway.ts';
import { MirrorConfig } from '#api/config/mirror.ts';
import { OperatorConfig } from '#api/config/operator.ts';
import { code, table } from './markdown.ts';
import { type GeneratedFile, referencePage } from './output.ts';

const processes = [
  { title: 'Operator', source: 'api/config/operator.ts', schema: OperatorConfig },
  { title: 'Blob service', source: 'api/config/blobs.ts', schema: BlobsConfig },
  { title: 'LLM gateway', source: 'api/config/llm-gateway.ts', schema: LlmGatewayConfig },
  { title: 'Mirror', source: 'api/config/mirror.ts', schema: MirrorConfig },
  { title: 'Archive', source: 'api/config/archive.ts', schema: ArchiveConfig },
  { title: 'Console', source: 'api/config/console.ts', schema: ConsoleConfig },
  { title: 'Check of an installation', source: 'api/config/install-check.ts', schema: InstallCheckConfig },
  { title: 'Agent', source: 'api/config/agent.ts', schema: AgentConfig },
] as const;

/** One setting as documents show it. */
export interface Setting {
  readonly name: string;
  readonly env: string;
  /** JSON of the default; undefined when the setting must be given or may be absent. */
  readonly fallback: string | undefined;
  readonly isRequired: boolean;
  readonly description: string;
}

/** The settings of a process; throws for one without a variable or a description, which nobody could find. */
export function settingsOf(schema: z.ZodObject, source: string): Setting[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { env, description } = field.meta() ?? {};
    if (typeof env !== 'string' || description === undefined) throw new Error(`cannot document the setting ${name} of ${source}: give it .meta(env('CODITECT_...')) and .describe('...')`);
    const { type, defaultValue } = field.def as { type: string; defaultValue?: unknown };
    return { name, env, fallback: type === 'default' ? JSON.stringify(defaultValue) : undefined, isRequired: type !== 'default' && type !== 'optional', description };
  });
}

/** docs/reference/config.md. */
export function configFiles(): GeneratedFile[] {
  const sections = processes.flatMap(({ title, source, schema }) => [`## ${title}`, settingTable(settingsOf(schema, source))]);
  const page = referencePage('config', 'api/config/', [
    '# Settings',
    'A setting is looked for as a flag (`--api-port 9443`), then in the environment, then in the file that `--config FILE` names (YAML or JSON, by the setting\'s name), then the default holds. A wrong value ends the process with one line that names the setting.',
    ...sections,
  ]);
  return [page];
}

function settingTable(settings: readonly Setting[]): string {
  const rows = settings.map(({ name, env, fallback, isRequired, description }) => [code(name), code(env), fallback === undefined ? (isRequired ? '*required*' : '') : code(fallback), description]);
  return table(['Setting', 'Environment', 'Default', 'Description'], rows);
}
