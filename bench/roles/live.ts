// Runs the tests of a repository with the tools of this host and reads them by the Tester, as an agent would; without a boundary: the corpus is ours.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { gatherFacts } from '#agent-runtime/context/gather-facts.ts';
import type { ActionContext } from '#agent-runtime/roles/action.ts';
import { artifactText, contextOver, runIntent } from '#agent-runtime/roles/fixtures.ts';
import { parametrize } from '#domain/intent/parametrize.ts';
import type { RunResult } from '#sandbox/port.ts';
import { layOut, type Repository } from '#testing/corpus/repositories.ts';
import type { Reading } from './reading.ts';

const checkout = dirname(dirname(import.meta.dirname));
const longestMs = 300_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** Commands that end with 0 where a framework can be run. */
const probes: Readonly<Record<string, readonly string[]>> = {
  vitest: ['vitest', '--version'],
  node: ['node', '--version'],
  pytest: ['python3', '-m', 'pytest', '--version'],
  go: ['go', 'version'],
  cargo: ['cargo', '--version'],
};

/** Whether this host has the tool of a framework. */
export async function isRunnable(framework: string, env: Environment): Promise<boolean> {
  const probe = probes[framework];
  return probe !== undefined && (await run(checkout, env, probe)).exitCode === 0;
}

const Observed = z.object({ framework: z.string().optional(), passed: z.int().optional(), failed: z.int().optional(), skipped: z.int().optional(), failureClass: z.string().default('(none told)') });
const Failures = z.array(z.object({ class: z.string(), test: z.string().optional(), file: z.string().optional(), message: z.string() }));

/** Lays a repository out, runs RunTests in it and returns what was observed. */
export async function readLive(repository: Repository, env: Environment): Promise<Reading & { readonly framework: string | undefined }> {
  const place = await mkdtemp(join(tmpdir(), `corpus-${repository.name}-`));
  const [folder, temporary] = [join(place, 'work'), join(place, 'tmp')];
  try {
    await mkdir(temporary);
    await layOut(repository, folder);
    if (repository.tests.framework === 'vitest') await symlink(join(checkout, 'node_modules'), join(folder, 'node_modules'));
    const result = await runIntent('Tester', 'RunTests', {}, await contextIn(folder, temporary, env));
    const { framework, passed, failed, skipped, failureClass } = Observed.parse(result.observed);
    const failures = Failures.parse(JSON.parse(artifactText(result, 'failures.json') ?? '[]'));
    const counts = passed === undefined ? undefined : { passed, failed: failed ?? 0, skipped: skipped ?? 0 };
    return { framework, counts, failureClass, failures };
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

async function contextIn(folder: string, temporary: string, env: Environment): Promise<ActionContext> {
  const facts = await gatherFacts(folder, AbortSignal.timeout(longestMs));
  const answer = parametrize({ type: 'Tester', intent: { action: 'RunTests' }, inputs: {}, facts });
  if (answer.kind === 'fault') throw new Error(`cannot test ${folder}: ${answer.field}: ${answer.reason}`);
  const inside = { ...env, TMPDIR: temporary, CARGO_TARGET_DIR: join(temporary, 'target') };
  return {
    ...contextOver(folder, { planned: answer.action }),
    run: (command) => run(folder, inside, command),
    readOutput: async (path) => {
      const found = [join(folder, path), join(temporary, path)].find((candidate) => existsSync(candidate));
      return found === undefined ? undefined : readFile(found, 'utf8');
    },
  };
}

async function run(cwd: string, env: Environment, [program = '', ...args]: readonly string[]): Promise<RunResult> {
  const started = performance.now();
  const ended = await promisify(execFile)(program, args, { cwd, env: { ...env }, timeout: longestMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout, stderr }) => ({ ending: 'completed' as const, exitCode: 0, stdout, stderr }),
    failedRun,
  );
  return { ...ended, durationMs: performance.now() - started, boundary: 'none' };
}

type FailedRun = Pick<RunResult, 'ending' | 'exitCode' | 'signal' | 'stdout' | 'stderr' | 'message'>;

const Refusal = z.object({ code: z.union([z.string(), z.number(), z.null()]).optional(), signal: z.string().nullish(), killed: z.boolean().default(false), stdout: z.string().default(''), stderr: z.string().default('') });

function failedRun(error: unknown): FailedRun {
  const { code, signal, killed, stdout, stderr } = Refusal.parse(error);
  if (code === 'ENOENT') return { ending: 'missingTool', stdout, stderr, message: 'it is not installed on this host' };
  const exit = typeof code === 'number' ? { exitCode: code } : {};
  return { ending: killed ? 'timeout' : 'failed', ...exit, ...(typeof signal === 'string' ? { signal } : {}), stdout, stderr };
}
