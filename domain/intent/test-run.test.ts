import { describe, expect, test } from 'vitest';
import type { RunTests } from '#api/intents.ts';
import type { WorkspaceFacts } from './action.ts';
import { testRun } from './test-run.ts';

const nothing: WorkspaceFacts = { languages: [], frameworks: [], scripts: {}, formatters: [], binaries: [] };

const jsonFile = '--outputFile.json=node_modules/.coditect/report.json';
const nodeReporters = '--test-reporter=spec --test-reporter-destination=stderr --test-reporter=tap --test-reporter-destination=stdout';
const pytest = 'python3 -B -m pytest -ra --tb=short --junitxml=$TMPDIR/coditect-report.xml';

interface Case {
  readonly facts: Partial<WorkspaceFacts>;
  readonly params?: RunTests;
  readonly command: string;
  readonly program?: string;
  readonly framework?: string | undefined;
  readonly report?: string;
}

const suite = (cases: Record<string, Case>) =>
  test.each(Object.entries(cases))('%s', (_, { facts, params = {}, command, ...want }) => {
    const run = testRun(params, { ...nothing, ...facts });
    expect(run.kind === 'run' && run.command.join(' ')).toBe(command);
    expect(run).toMatchObject(want);
  });

describe('one intent, eight workspaces, eight commands', () => {
  suite({
    'vitest with npm': { facts: { frameworks: ['vitest'], packageManager: 'npm', scripts: { test: 'vitest' }, binaries: ['vitest'] }, command: `npx --no-install vitest run --reporter=default --reporter=json ${jsonFile}`, program: 'vitest', framework: 'vitest', report: 'node_modules/.coditect/report.json' },
    'jest with yarn': { facts: { frameworks: ['jest'], packageManager: 'yarn', scripts: { test: 'jest' } }, command: 'yarn run jest --ci --json', program: 'jest', framework: 'jest' },
    'node:test': { facts: { frameworks: ['node'], scripts: { test: 'node --test' } }, command: `node --test ${nodeReporters}`, program: 'node', framework: 'node' },
    'mocha with pnpm': { facts: { frameworks: ['mocha'], packageManager: 'pnpm', scripts: { test: 'mocha' }, binaries: ['mocha'] }, command: 'pnpm exec mocha --reporter json --reporter-option output=node_modules/.coditect/report.json', framework: 'mocha' },
    'pytest with the layout src': { facts: { languages: ['Python'], frameworks: ['pytest'], pythonPath: 'src' }, command: `${pytest} -o pythonpath=src`, program: 'pytest', framework: 'pytest', report: 'coditect-report.xml' },
    'a module of Go': { facts: { languages: ['Go'], frameworks: ['go'] }, command: 'go test -json ./...', program: 'go', framework: 'go' },
    'a workspace of Cargo': { facts: { languages: ['Rust'], frameworks: ['cargo'] }, command: 'cargo test --workspace --no-fail-fast', program: 'cargo', framework: 'cargo' },
    'a script that wraps make': { facts: { packageManager: 'npm', scripts: { test: 'make check' } }, command: 'npm test', framework: undefined },
  });
});

describe('a script of the workspace', () => {
  suite({
    'keeps its options, but for those that are ours': { facts: { frameworks: ['vitest'], scripts: { test: 'vitest --watch --reporter verbose -c unit.ts --outputFile.junit=x.xml' } }, command: 'npx --no-install vitest run -c unit.ts --reporter=default' },
    'of jest does not watch': { facts: { frameworks: ['jest'], packageManager: 'bun', scripts: { test: 'jest --watchAll --coverage' } }, command: 'bun run jest --coverage --ci --json' },
    'of node keeps its files': { facts: { frameworks: ['node'], scripts: { test: "node --test --test-reporter=dot 'test/**/*.js'" } }, command: `node --test ${nodeReporters} test/**/*.js` },
    'that wraps a framework gets its options': { facts: { frameworks: ['jest'], packageManager: 'npm', scripts: { test: 'cross-env CI=1 jest' } }, command: 'npm test -- --json', framework: 'jest' },
    'in pnpm gets them without a separator': { facts: { frameworks: ['vitest'], packageManager: 'pnpm', scripts: { test: 'tsc && vitest run' }, binaries: ['vitest'] }, command: `pnpm test --reporter=default --reporter=json ${jsonFile}`, report: 'node_modules/.coditect/report.json' },
    'in Bun is not the runner of Bun': { facts: { packageManager: 'bun', scripts: { test: 'make' } }, command: 'bun run test' },
    'that does more goes before a dependency': { facts: { frameworks: ['vitest'], packageManager: 'yarn', scripts: { test: 'vitest run && eslint .' } }, command: 'yarn test', framework: undefined },
    'does not go before the module of another language': { facts: { frameworks: ['go'], scripts: { test: 'make docs' } }, command: 'go test -json ./...' },
    'tells the framework where nothing else does': { facts: { scripts: { test: 'mocha' } }, command: 'npx --no-install mocha --reporter json', framework: 'mocha' },
  });
});

describe('parameters', () => {
  suite({
    'the command of the user goes first': { facts: { frameworks: ['go'] }, params: { command: ['make', 'test'] }, command: 'make test', framework: undefined },
    'its framework is seen in it': { facts: {}, params: { command: ['npx', 'jest', '--json'], report: 'out/junit.xml' }, command: 'npx jest --json', framework: 'jest', report: 'out/junit.xml' },
    'or named': { facts: {}, params: { command: ['./test.sh'], framework: 'pytest' }, command: './test.sh', framework: 'pytest' },
    'a named framework is not what a script runs': { facts: { frameworks: ['jest', 'vitest'], scripts: { test: 'jest --coverage' } }, params: { framework: 'vitest' }, command: 'npx --no-install vitest run --reporter=default', framework: 'vitest' },
    'auto is the likeliest': { facts: { frameworks: ['pytest', 'node'] }, params: { framework: 'auto' }, command: pytest },
    'a report of the workspace leaves reporting to it': { facts: { frameworks: ['vitest'], binaries: ['vitest'], scripts: { test: 'vitest run --reporter=junit' } }, params: { report: 'junit.xml' }, command: 'npx --no-install vitest run --reporter=junit', report: 'junit.xml' },
    'with every framework that has reporters': { facts: { frameworks: ['jest'], scripts: { test: 'jest --outputFile=r.json --json' } }, params: { report: 'junit.xml' }, command: 'npx --no-install jest --outputFile=r.json --json --ci' },
    'as mocha': { facts: { frameworks: ['mocha'], scripts: { test: 'mocha -R xunit' } }, params: { report: 'x.xml' }, command: 'npx --no-install mocha -R xunit' },
    'as node': { facts: { frameworks: ['node'], scripts: { test: 'node --test' } }, params: { report: 'x.tap' }, command: 'node --test' },
    'as pytest': { facts: { frameworks: ['pytest'] }, params: { report: 'x.xml' }, command: 'python3 -B -m pytest' },
    'a Makefile is the last resort': { facts: { makeTargets: ['all', 'test'] }, command: 'make test', framework: undefined },
    'a named framework may be one that nothing speaks of': { facts: { languages: ['TypeScript'] }, params: { framework: 'jest' }, command: 'npx --no-install jest --ci --json' },
  });

  const faults: Record<string, { facts: Partial<WorkspaceFacts>; params: RunTests; reason: RegExp }> = {
    'nothing is guessed': { facts: { scripts: { build: 'tsc' }, makeTargets: ['all'] }, params: {}, reason: /^no test framework was recognised in the workspace; name it, or give intent\.params\.command$/ },
    'Go needs its module': { facts: { languages: ['Go'], frameworks: [] }, params: { framework: 'go' }, reason: /go needs a go\.mod .* set workspace\.git\.subPath .*, name another framework/ },
    'Cargo needs its manifest, and what is there is told': { facts: { languages: ['Python'], frameworks: ['pytest'] }, params: { framework: 'cargo' }, reason: /Cargo\.toml .* leave it out to run pytest/ },
    'a framework of another language': { facts: { languages: ['Go', 'Markdown'], frameworks: ['go'] }, params: { framework: 'jest' }, reason: /^jest runs JavaScript or TypeScript, and the workspace has only Go, Markdown; leave it out to run go/ },
  };
  test.each(Object.entries(faults))('a fault: %s', (_, { facts, params, reason }) => {
    const run = testRun(params, { ...nothing, ...facts });
    expect(run).toMatchObject({ kind: 'fault', field: 'intent.params.framework' });
    expect(run.kind === 'fault' && run.reason).toMatch(reason);
  });
});
