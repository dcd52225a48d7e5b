import { describe, expect, test } from 'vitest';
import { frameworkOfCommand, readTestScript, type Script } from './scripts.ts';

describe('readTestScript', () => {
  const cases: Record<string, { scripts: Record<string, string>; want: Script }> = {
    'no script': { scripts: { build: 'tsc' }, want: { kind: 'absent' } },
    'the placeholder of npm': { scripts: { test: 'echo "Error: no test specified" && exit 1' }, want: { kind: 'absent' } },
    'a framework with options': { scripts: { test: 'vitest run --config vitest.unit.ts' }, want: { kind: 'direct', framework: 'vitest', args: ['run', '--config', 'vitest.unit.ts'] } },
    'a framework behind npx': { scripts: { test: 'npx --no-install jest --coverage' }, want: { kind: 'direct', framework: 'jest', args: ['--coverage'] } },
    'quoted patterns need no shell': { scripts: { test: 'mocha \'test/**/*.spec.js\' "more/*.js"' }, want: { kind: 'direct', framework: 'mocha', args: ['test/**/*.spec.js', 'more/*.js'] } },
    'node --test with further options': { scripts: { test: 'node --import tsx --test src' }, want: { kind: 'direct', framework: 'node', args: ['--import', 'tsx', 'src'] } },
    'node without --test runs anything': { scripts: { test: 'node test.js' }, want: { kind: 'wrapper' } },
    'a variable needs a shell': { scripts: { test: 'NODE_ENV=test jest' }, want: { kind: 'wrapper', framework: 'jest' } },
    'a pattern without quotes needs a shell': { scripts: { test: 'mocha test/*.js' }, want: { kind: 'wrapper', framework: 'mocha' } },
    'a substitution needs a shell': { scripts: { test: 'jest "$FILES"' }, want: { kind: 'wrapper', framework: 'jest' } },
    'launchers are seen through': { scripts: { test: 'cross-env CI=1 nyc --reporter=text mocha' }, want: { kind: 'wrapper', framework: 'mocha' } },
    'the last command gets the arguments': { scripts: { test: 'tsc -p . && vitest run' }, want: { kind: 'wrapper', framework: 'vitest' } },
    'a framework that is not last does not': { scripts: { test: 'vitest run && eslint .' }, want: { kind: 'wrapper' } },
    'nor one whose output is piped': { scripts: { test: 'vitest run | tee log' }, want: { kind: 'wrapper' } },
    'something before it keeps it a script': { scripts: { pretest: 'tsc', test: 'vitest run' }, want: { kind: 'wrapper', framework: 'vitest' } },
    'make is a wrapper': { scripts: { test: 'make check' }, want: { kind: 'wrapper' } },
    'launchers without a program are nothing': { scripts: { test: 'npx --yes' }, want: { kind: 'wrapper' } },
  };
  test.each(Object.entries(cases))('%s', (_, { scripts, want }) => expect(readTestScript(scripts)).toEqual(want));
});

describe('frameworkOfCommand', () => {
  const cases: Record<string, string | undefined> = {
    'vitest run': 'vitest',
    'npx --no-install jest': 'jest',
    'yarn run mocha': 'mocha',
    'node --test': 'node',
    'python3 -m pytest -q': 'pytest',
    'uv run pytest': 'pytest',
    'python3 setup.py': undefined,
    'go test ./...': 'go',
    'go vet ./...': undefined,
    'cargo test': 'cargo',
    'cargo build': undefined,
    'make test': undefined,
    'npm test': undefined,
  };
  test.each(Object.entries(cases))('%s', (command, want) => expect(frameworkOfCommand(command.split(' '))).toBe(want));
});
