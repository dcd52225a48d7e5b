// Settings of a process: flag > environment > file > default. One zod object says everything, --help included.
// Values of secret settings appear in no message.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import type { z } from 'zod';
import { messageOf } from './errors.ts';

export type LoadedConfig<T> =
  | { readonly kind: 'config'; readonly value: Readonly<T> }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'fault'; readonly message: string };

export interface ConfigSources {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads the file of --config; the file system unless told. */
  readonly readText?: (path: string) => string;
}

interface Setting {
  readonly name: string;
  readonly flag: string;
  readonly env: string | undefined;
  readonly secret: boolean;
  readonly description: string;
  readonly required: boolean;
  readonly defaultText: string;
}

interface Flags {
  readonly help: boolean;
  readonly file?: string;
  readonly texts: Readonly<Record<string, unknown>>;
}

type Result<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'fault'; readonly message: string };

const ok = <T>(value: T): Result<T> => ({ kind: 'ok', value });
const fault = (message: string) => ({ kind: 'fault', message }) as const;

/** Settings from all sources, the help text when --help was given, or one line that names what is wrong. Empty text counts as unset. */
export function loadConfig<S extends z.core.$ZodShape>(schema: z.ZodObject<S>, sources: ConfigSources): LoadedConfig<z.output<z.ZodObject<S>>> {
  const settings = settingsOf(schema);
  const flags = readFlags(settings, sources.argv);
  if (flags.kind === 'fault') return flags;
  if (flags.value.help) return { kind: 'help', text: helpText(settings) };
  const file = readFile(settings, flags.value.file, sources.readText ?? ((path) => readFileSync(path, 'utf8')));
  if (file.kind === 'fault') return file;
  const values: Record<string, unknown> = {};
  const origins = new Map<string, string>();
  for (const setting of settings) {
    const found = firstSet(setting, flags.value, sources.env, file.value);
    if (found === undefined) continue;
    values[setting.name] = found.value;
    origins.set(setting.name, found.origin);
  }
  const parsed = schema.safeParse(values);
  if (parsed.success) return { kind: 'config', value: Object.freeze(parsed.data) };
  return fault(describeIssue(settings, parsed.error.issues[0], origins));
}

function settingsOf(schema: z.ZodObject): Setting[] {
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, type]) => {
    const meta = type.meta() ?? {};
    return {
      name,
      flag: `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      env: typeof meta['env'] === 'string' ? meta['env'] : undefined,
      secret: meta['secret'] === true,
      description: meta.description ?? '',
      required: !type.safeParse(undefined).success,
      defaultText: defaultText(type),
    };
  });
}

function defaultText(type: z.ZodType): string {
  const parsed = type.safeParse(undefined);
  if (!parsed.success) return 'required';
  if (parsed.data === undefined) return 'unset by default';
  const text = Array.isArray(parsed.data) ? parsed.data.join(',') : `${parsed.data as string | number}`;
  return text === '' ? 'default empty' : `default ${text}`;
}

function readFlags(settings: readonly Setting[], argv: readonly string[]): Result<Flags> {
  const options = Object.fromEntries(settings.map(({ flag }) => [flag.slice(2), { type: 'string' } as const]));
  try {
    const { values } = parseArgs({ args: [...argv], options: { ...options, config: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
    const { help, config, ...texts } = values;
    return ok({ help: help === true, texts, ...(config === undefined ? {} : { file: config }) });
  } catch (error) {
    return fault(`${messageOf(error)}; --help lists all settings`);
  }
}

function readFile(settings: readonly Setting[], path: string | undefined, readText: (path: string) => string): Result<Readonly<Record<string, unknown>>> {
  if (path === undefined) return ok({});
  let content: unknown;
  try {
    // YAML is a superset of JSON: one parser for both.
    content = parse(readText(path)) ?? {};
  } catch (error) {
    return fault(`cannot read --config ${path}: ${messageOf(error)}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return fault(`--config ${path} must hold an object with settings`);
  const unknown = Object.keys(content).find((key) => !settings.some(({ name }) => name === key));
  if (unknown !== undefined) return fault(`--config ${path}: unknown setting ${unknown}; --help lists all settings`);
  return ok(content as Record<string, unknown>);
}

function firstSet(setting: Setting, flags: Flags, env: ConfigSources['env'], file: Readonly<Record<string, unknown>>) {
  const candidates = [
    { origin: setting.flag, value: flags.texts[setting.flag.slice(2)] },
    { origin: setting.env ?? '', value: setting.env === undefined ? undefined : env[setting.env] },
    { origin: '--config', value: file[setting.name] },
  ];
  return candidates.find(({ value }) => value !== undefined && value !== null && value !== '');
}

function describeIssue(settings: readonly Setting[], issue: z.core.$ZodIssue | undefined, origins: ReadonlyMap<string, string>): string {
  const setting = settings.find(({ name }) => name === issue?.path[0]);
  if (setting === undefined || issue === undefined) return `settings do not fit together: ${issue?.message ?? 'unknown reason'}`;
  const ways = setting.env === undefined ? setting.flag : `${setting.flag} or ${setting.env}`;
  const origin = origins.get(setting.name);
  if (origin === undefined) return `setting ${setting.name} is required: set ${ways}`;
  // The schema's own words can repeat the value.
  const reason = setting.secret ? 'the value does not fit' : issue.message.replaceAll(/\s+/g, ' ');
  return `setting ${setting.name} from ${origin} is wrong: ${reason}; set it by ${ways}`;
}

function helpText(settings: readonly Setting[]): string {
  const lines = settings.flatMap((setting) => {
    const env = setting.env === undefined ? '' : `  ${setting.env}`;
    const preset = setting.secret && !setting.required ? 'secret' : setting.defaultText;
    return [`  ${setting.flag} VALUE${env}  (${preset})`, `      ${setting.description}`];
  });
  const intro = ['Settings are taken from the flag, else the environment variable, else the file, else the default.', '', '  --config FILE', '      YAML or JSON with settings by their name in camelCase.'];
  return `${[...intro, ...lines].join('\n')}\n`;
}
