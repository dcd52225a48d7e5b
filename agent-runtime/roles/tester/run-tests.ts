// RunTests: finds out which test framework a workspace uses, by its files, and runs it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RunTests, type testFrameworks } from '#api/intents.ts';
import { action, failed } from '#agent-runtime/roles/action.ts';
import { judge, observedOf } from './command.ts';

type Framework = Exclude<(typeof testFrameworks)[number], 'auto'>;

const commands: Readonly<Record<Framework, readonly string[]>> = {
  node: ['node', '--test'],
  vitest: ['npx', '--no-install', 'vitest', 'run'],
  jest: ['npx', '--no-install', 'jest'],
  mocha: ['npx', '--no-install', 'mocha'],
  cargo: ['cargo', 'test'],
  pytest: ['python3', '-m', 'pytest', '-q'],
  go: ['go', 'test', '-json', './...'],
};

/** Runs the tests; the framework is one of the observed results when it is known. */
export const runTests = action(RunTests, async ({ framework = 'auto', command, timeoutSeconds }, context) => {
  const known = framework === 'auto' ? await detectFramework(context.folder) : framework;
  const argv = command ?? (known === undefined ? undefined : commands[known]);
  if (argv === undefined) return failed('ActionRefused', 'no test framework was recognised in the workspace; name it in intent.params.framework, or give intent.params.command');
  context.log(`framework: ${known ?? 'unknown'}\n`);
  const run = await context.run(argv, { timeoutSeconds });
  return judge(run, 0, argv.join(' ').slice(0, 100), { ...observedOf(run), ...(known === undefined ? {} : { framework: known }) });
});

/** The framework that the files of a folder speak of, or undefined. */
export async function detectFramework(folder: string): Promise<Framework | undefined> {
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => undefined);
  const script = testScript(await read('package.json'));
  if (/\bvitest\b/.test(script)) return 'vitest';
  if (/\bnode\b.*--test\b/.test(script)) return 'node';
  if ((await read('go.mod')) !== undefined) return 'go';
  const python = await Promise.all(['pytest.ini', 'conftest.py', 'pyproject.toml', 'setup.cfg', 'tox.ini'].map(read));
  const [ini, conftest, ...shared] = python;
  if (ini !== undefined || conftest !== undefined || shared.some((text) => text?.includes('pytest') === true)) return 'pytest';
  return undefined;
}

function testScript(packageJson: string | undefined): string {
  try {
    const { scripts } = JSON.parse(packageJson ?? '{}') as { readonly scripts?: { readonly test?: unknown } };
    return typeof scripts?.test === 'string' ? scripts.test : '';
  } catch {
    return '';
  }
}
