// How every process of ours begins: settings, help or one line about what is wrong with them, a log, and an exit code when it cannot go on.
import type { z } from 'zod';
import { loadConfig } from './config.ts';
import { messageOf } from './errors.ts';
import { createLog, type Log, type LogLevelName } from './telemetry/log.ts';

export interface ProcessOptions<S extends z.core.$ZodShape> {
  /** `component` of its log records. */
  readonly name: string;
  readonly settings: z.ZodObject<S>;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Resolves when the process has started; rejecting ends it with exit code 1. */
  readonly run: (config: Readonly<z.output<z.ZodObject<S>>>, log: Log) => Promise<void>;
}

/** Starts a process. Exit code 2 for settings that are not valid. */
export async function startProcess<S extends z.core.$ZodShape>({ name, settings, argv, env, run }: ProcessOptions<S>): Promise<void> {
  const loaded = loadConfig(settings, { argv, env });
  if (loaded.kind === 'help') return void process.stdout.write(loaded.text);
  if (loaded.kind === 'fault') {
    process.stderr.write(`${loaded.message}\n`);
    process.exitCode = 2;
    return;
  }
  const log = createLog(name, levelOf(loaded.value));
  await run(loaded.value, log).catch((error: unknown) => {
    log.error('cannot go on, the process ends', { error: messageOf(error) });
    process.exit(1);
  });
}

function levelOf(config: object): LogLevelName {
  return (config as { readonly logLevel?: LogLevelName }).logLevel ?? 'info';
}
