// make check: every check that needs no cluster, one line each; a failure prints the tool's output and what to do about it.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { chartFaults } from './checks/chart.ts';
import { duplicateFaults } from './checks/duplicates.ts';
import { lengthFaults } from './checks/lengths.ts';
import { sourceFiles } from './checks/sources.ts';

const root = dirname(import.meta.dirname);

/** A tool's output, or our own sentences; empty output of our own means that all is well. */
interface Finding {
  readonly isClean: boolean;
  readonly output: string;
}

interface Check {
  readonly name: string;
  readonly advice: string;
  readonly run: () => Promise<Finding>;
}

const checks: readonly Check[] = [
  { name: 'lock file', advice: 'Run `npm install`, commit package-lock.json, and see that it names every platform.', run: tool('npm', 'ci', '--dry-run', '--no-audit', '--no-fund') },
  { name: 'generated files', advice: 'Run `make generate` and commit the result.', run: tool('node', 'scripts/generate.ts', '--check') },
  { name: 'types', advice: 'Correct the types at the places above.', run: tool('tsc', '-p', '.') },
  { name: 'types of the page', advice: 'Correct the types at the places above; what runs in a browser has settings of its own.', run: tool('tsc', '-p', 'console/page') },
  { name: 'lint', advice: 'Correct the places above; the rules are in .oxlintrc.json.', run: tool('oxlint', '--deny-warnings') },
  { name: 'borders', advice: 'Each sentence names an import that the table in testing/rooms.ts does not allow.', run: tool('vitest', 'run', 'testing/architecture.test.ts', '--reporter=dot') },
  { name: 'unused code', advice: 'Delete what nothing uses, or list a new entry in knip.json.', run: tool('knip') },
  { name: 'protos', advice: 'Correct the protos in api/rpc as buf says.', run: tool('buf', 'lint') },
  { name: 'charts', advice: 'Correct scripts/generators/chart.ts or values.ts and run `make generate`.', run: sentences(() => chartFaults(join(root, 'charts'))) },
  { name: 'file lengths', advice: 'Split by idea, not by size.', run: sentences(() => lengthFaults(sourceFiles(root))) },
  { name: 'duplicates', advice: 'Make one piece of code serve both places.', run: sentences(() => duplicateFaults(sourceFiles(root))) },
];

function tool(command: string, ...args: readonly string[]): () => Promise<Finding> {
  return () =>
    new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.on('error', (cause) => reject(new Error(`cannot run ${command}, so nothing is checked; run \`make check\`, which puts the tools on PATH`, { cause })));
      child.on('close', (status) => resolve({ isClean: status === 0, output }));
    });
}

function sentences(find: () => readonly string[]): () => Promise<Finding> {
  return () => {
    const faults = find();
    return Promise.resolve({ isClean: faults.length === 0, output: faults.join('\n') });
  };
}

async function perform({ name, advice, run }: Check): Promise<boolean> {
  const started = performance.now();
  const { isClean, output } = await run();
  console.log(`${isClean ? 'ok   ' : 'FAIL '} ${name.padEnd(16)} ${((performance.now() - started) / 1000).toFixed(1)}s`);
  if (!isClean) console.log(`${output.trimEnd()}\n  -> ${advice}\n`);
  return isClean;
}

const wanted = process.argv.slice(2);
const results: boolean[] = [];
for (const check of checks) if (wanted.length === 0 || wanted.includes(check.name)) results.push(await perform(check));
const failed = results.filter((isClean) => !isClean).length;
console.log(failed === 0 ? `${results.length} checks, all clean.` : `${failed} of ${results.length} checks failed.`);
process.exitCode = failed === 0 && results.length > 0 ? 0 : 1;
