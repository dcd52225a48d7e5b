import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Violation } from '#api/v1alpha1/task.ts';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { compare, type Said, violationLimits } from './compare.ts';
import { describeExpectation } from './describe.ts';
import { type ActualState, type ExpectedState, failureClasses } from './state.ts';

const quiet: ActualState = { changedPaths: [], artifacts: [], seconds: 1, claimsResults: false };
const tests = (more: Partial<NonNullable<ActualState['tests']>> = {}) => ({ passed: 3, failed: 0, failureClass: 'none' as const, ...more });
const claiming = (claimed: JsonObject, actual: Partial<ActualState> = {}) => ({ actual: { claimsResults: true, ...actual }, claimed });

interface Case {
  readonly expected?: ExpectedState;
  readonly actual?: Partial<ActualState>;
  readonly result?: Said['result'];
  readonly claimed?: JsonObject;
  /** `Kind: message`, or `Kind path: message`. */
  readonly want: readonly string[];
}

const shown = ({ kind, path, message }: Violation) => `${kind}${path === undefined ? '' : ` ${path}`}: ${message}`;
const violationsOf = ({ expected = {}, actual = {}, result = 'Succeeded', claimed = {} }: Omit<Case, 'want'>) => compare(expected, { ...quiet, ...actual }, { result, claimed });

const suite = (cases: Record<string, Case>) => test.each(Object.entries(cases))('%s', (_, { want, ...given }) => expect(violationsOf(given).map(shown)).toEqual(want));

describe('runs', () => {
  suite({
    'nothing expected, nothing violated': { actual: { exitCode: 3, changedPaths: ['a'], seconds: 900 }, want: [] },
    'an expected exit code is met': { expected: { exitCode: 3 }, actual: { exitCode: 3 }, want: [] },
    'another exit code of a failure says enough by itself': { expected: { exitCode: 0 }, actual: { exitCode: 1 }, result: 'Failed', want: [] },
    'another exit code of a success is a claim without evidence': { expected: { exitCode: 0 }, actual: { exitCode: 1 }, want: ['ClaimWithoutEvidence: expected evidence of success, found exit code 1, not 0'] },
    'a program that is not installed is named': { expected: { program: 'ruff', tests: 'pass' }, actual: { cut: 'missingTool' }, result: 'Failed', want: ['MissingTool: expected ruff to be installed, found that it is not'] },
    'tests can say that a program was missing': { expected: { tests: 'pass' }, actual: { exitCode: 127, tests: tests({ failureClass: 'missingTool' }) }, result: 'Failed', want: ['MissingTool: expected the program to be installed, found that it is not'] },
    'a run that was cut at its limit is a timeout, once': { expected: { withinSeconds: 5, tests: 'pass' }, actual: { cut: 'timeout', seconds: 6 }, result: 'Failed', want: ['Timeout: expected an end within 5 s, found it running after 6 s'] },
    'also when no time was expected': { actual: { cut: 'timeout', seconds: 6 }, result: 'Failed', want: ['Timeout: expected an end within its limit, found it running after 6 s'] },
    'a run that ended late is a timeout': { expected: { withinSeconds: 5, exitCode: 0 }, actual: { exitCode: 0, seconds: 6 }, want: ['Timeout: expected an end within 5 s, found 6 s'] },
    'a run that ended in the last second is none': { expected: { withinSeconds: 5 }, actual: { seconds: 5 }, want: [] },
    'a success of a command that was cut is a claim': { actual: { cut: 'outputCap' }, want: ['ClaimWithoutEvidence: expected evidence of success, found that its command was cut: outputCap'] },
  });
});

describe('tests', () => {
  const expected: ExpectedState = { tests: 'pass', exitCode: 0 };
  const bad = { expected, result: 'Failed' } as const;
  suite({
    'passing tests are as expected': { expected, actual: { exitCode: 0, tests: tests() }, want: [] },
    'tests that nobody counted count by their exit code': { expected, actual: { exitCode: 0 }, want: [] },
    'failed tests are counted': { ...bad, actual: { exitCode: 1, tests: tests({ failed: 2, failureClass: 'assertion' }) }, want: ['TestFailed: expected passing tests, found 2 failed and 3 passed'] },
    'tests that do not compile are told apart': { ...bad, actual: { exitCode: 2, tests: tests({ passed: 0, failureClass: 'compileError' }) }, want: ['CompileError: expected tests that compile, found that they do not'] },
    'no tests at all are no passing tests': { ...bad, actual: { exitCode: 0, tests: tests({ passed: 0, failureClass: 'noTests' }) }, want: ['TestFailed: expected passing tests, found failure class noTests with 0 passed'] },
    'a crash after the last test is a failure': { ...bad, actual: { exitCode: 139, tests: tests() }, want: ['TestFailed: expected passing tests, found exit code 139, not 0'] },
    'a signal leaves no exit code': { ...bad, actual: {}, want: ['TestFailed: expected passing tests, found exit code none, not 0'] },
    'tests that were cut are no passing tests': { ...bad, actual: { cut: 'outOfMemory', tests: tests() }, want: ['TestFailed: expected passing tests, found that they were cut: outOfMemory'] },
    'failed tests contradict a success': { expected, actual: { exitCode: 0, tests: tests({ failed: 1 }) }, want: ['TestFailed: expected passing tests, found 1 failed and 3 passed', 'ClaimWithoutEvidence: expected evidence of success, found 1 failed tests'] },
    'failed tests that nobody expected to pass are no violation': { actual: { exitCode: 0, tests: tests({ failed: 1 }) }, want: [] },
  });
});

describe('claims', () => {
  suite({
    'of a script that ran to its end stand': { ...claiming({ answer: 42, ok: true }, { executed: true }), want: [] },
    'of a role that ran nothing do not': { ...claiming({ answer: 42 }), want: ['ClaimWithoutEvidence: expected claims to rest on something that ran, found that nothing was run'] },
    'of a model that was asked for its opinion stand for that': { ...claiming({ reasons: ['x'] }), expected: { claims: 'opinion' }, want: [] },
    'of success among opinions fall all the same': { ...claiming({ success: true }, { cut: 'outputCap' }), expected: { claims: 'opinion' }, result: 'Failed', want: ['ClaimWithoutEvidence: expected evidence of the claim success, found that its command was cut: outputCap'] },
    'of success fall with the exit code': { ...claiming({ success: true }, { exitCode: 1 }), expected: { exitCode: 0 }, result: 'Failed', want: ['ClaimWithoutEvidence: expected evidence of the claim success, found exit code 1, not 0'] },
    'of success in words too': { ...claiming({ verdict: 'Passed' }, { cut: 'outOfMemory' }), result: 'Failed', want: ['ClaimWithoutEvidence: expected evidence of the claim verdict Passed, found that its command was cut: outOfMemory'] },
    'of failure need no evidence': { ...claiming({ success: false, verdict: 'failed' }, { exitCode: 1 }), expected: { exitCode: 0 }, result: 'Failed', want: [] },
    'of other numbers than were measured are shown': { ...claiming({ passed: 9, failed: 0 }, { exitCode: 0, tests: tests() }), want: ['ClaimWithoutEvidence: expected evidence of the claim passed 9, found 3'] },
    'of tests that nobody counted are shown': { ...claiming({ passed: 9 }, { exitCode: 0 }), want: ['ClaimWithoutEvidence: expected evidence of the claim passed 9, found no count of tests'] },
    'with inherited names are no claims': { ...claiming(JSON.parse('{"__proto__": {"success": true}}'), { exitCode: 1 }), expected: { exitCode: 0 }, result: 'Failed', want: [] },
  });
});

describe('files and artifacts', () => {
  const many = Array.from({ length: 20 }, (_, index) => `f${index}`);
  suite({
    'a change where none was expected is named': { expected: { files: 'unchanged' }, actual: { changedPaths: ['a'] }, want: ['UnexpectedChange a: expected no changed file, found a changed'] },
    'no change where one was expected': { expected: { files: 'changed' }, want: ['FileMismatch: expected at least one changed file, found none'] },
    'any change is enough where no path is named': { expected: { files: 'changed' }, actual: { changedPaths: ['a'] }, want: [] },
    'the paths that were expected': { expected: { files: 'changed', paths: ['a', 'b'] }, actual: { changedPaths: ['a', 'b'] }, want: [] },
    'a path that did not change, and another that did': {
      expected: { files: 'changed', paths: ['a'] },
      actual: { changedPaths: ['b'] },
      want: ['FileMismatch a: expected a to change, found it unchanged', 'FileMismatch b: expected changes only in a, found b changed'],
    },
    'an artifact that is missing': { expected: { artifacts: ['x', 'y'] }, actual: { artifacts: ['y'] }, want: ['MissingArtifact x: expected artifact x, found y'] },
    'an artifact among none': { expected: { artifacts: ['x'] }, want: ['MissingArtifact x: expected artifact x, found none'] },
    'more artifacts than expected are fine': { expected: { artifacts: ['x'] }, actual: { artifacts: ['log', 'x'] }, want: [] },
    'sixteen are told, the last for all that follow': {
      expected: { files: 'unchanged' },
      actual: { changedPaths: many },
      want: [...many.slice(0, 15).map((path) => `UnexpectedChange ${path}: expected no changed file, found ${path} changed`), 'UnexpectedChange: and 5 further differences'],
    },
    'the gravest are told first': { expected: { files: 'unchanged', program: 'x' }, actual: { cut: 'missingTool', changedPaths: ['a'] }, result: 'Failed', want: ['MissingTool: expected x to be installed, found that it is not', 'UnexpectedChange a: expected no changed file, found a changed'] },
  });

  test('just sixteen are all told', () => {
    expect(violationsOf({ expected: { files: 'unchanged' }, actual: { changedPaths: many.slice(0, 16) } }).map(({ path }) => path)).toEqual(many.slice(0, 16));
  });

  test('a name that would forge lines or is too long is made harmless', () => {
    const [one] = violationsOf({ expected: { files: 'unchanged' }, actual: { changedPaths: [`a\u001B[2J\n${'x'.repeat(400)}`] } });
    expect(Violation.parse(one)).toEqual(one);
    expect(one?.path).toMatch(/^a\\u001b\[2J x+…$/);
  });
});

describe('describeExpectation', () => {
  const cases: Record<string, { expected: ExpectedState; want: readonly string[] }> = {
    'nothing': { expected: {}, want: [] },
    'all of it, in a fixed order': {
      expected: { withinSeconds: 60, claims: 'opinion', artifacts: ['report.xml'], files: 'unchanged', tests: 'pass', exitCode: 0, program: 'vitest' },
      want: ['vitest is installed', 'the command ends with 0', 'all tests pass', 'no file changes', 'there is report.xml', 'what a model says of it is its opinion', 'it ends within 60 s'],
    },
    'some change': { expected: { files: 'changed' }, want: ['at least one file changes'] },
    'one path': { expected: { files: 'changed', paths: ['a'] }, want: ['a changes, and no other file'] },
    'many paths': { expected: { files: 'changed', paths: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] }, want: ['a, b, c, d, e and 2 more change, and no other file'] },
    'no artifacts are nothing to say': { expected: { artifacts: [] }, want: [] },
  };
  test.each(Object.entries(cases))('%s', (_, { expected, want }) => expect(describeExpectation(expected)).toEqual(want));
});

const anyName = fc.string({ minLength: 1, maxLength: 300 });
const anyNames = fc.uniqueArray(anyName, { maxLength: 24 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const withoutAbsent = <T extends object>(value: T) => Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
const anyExpected = fc
  .record({ exitCode: maybe(fc.nat(255)), files: maybe(fc.constantFrom('unchanged' as const, 'changed' as const)), paths: maybe(anyNames), artifacts: maybe(anyNames), tests: maybe(fc.constant('pass' as const)), program: maybe(anyName), withinSeconds: maybe(fc.nat(1000)) })
  .map(withoutAbsent) as fc.Arbitrary<ExpectedState>;
const anyActual = fc
  .record({
    exitCode: maybe(fc.nat(255)),
    cut: maybe(fc.constantFrom('timeout' as const, 'outOfMemory' as const, 'missingTool' as const, 'aborted' as const)),
    changedPaths: anyNames,
    artifacts: anyNames,
    tests: maybe(fc.record({ passed: fc.nat(9), failed: fc.nat(2), failureClass: fc.constantFrom(...failureClasses) })),
    seconds: fc.nat(2000),
    claimsResults: fc.boolean(),
    executed: maybe(fc.boolean()),
  })
  .map(withoutAbsent) as fc.Arbitrary<ActualState>;
const anySaid: fc.Arbitrary<Said> = fc.record({ result: fc.constantFrom('Succeeded' as const, 'Failed' as const), claimed: fc.dictionary(fc.constantFrom('success', 'passed', 'failed', 'status', '__proto__'), fc.oneof(fc.nat(9), fc.boolean(), fc.constantFrom('ok', 'no'))) });

/** The state that an expectation hopes for. */
function fulfilled({ exitCode, files, paths, artifacts = [], tests: wanted, withinSeconds }: ExpectedState): ActualState {
  const changed = files === 'changed' ? (paths ?? ['any']) : [];
  return { exitCode: exitCode ?? 0, changedPaths: changed, artifacts, seconds: withinSeconds ?? 5, claimsResults: false, ...(wanted === undefined ? {} : { tests: tests() }) };
}

describe('properties', () => {
  test('a state that equals its expectation violates nothing', () => {
    fc.assert(
      fc.property(anyExpected, (expected) => {
        expect(compare(expected, fulfilled(expected), { result: 'Succeeded', claimed: {} })).toEqual([]);
      }),
    );
  });

  test('violations are what a status can hold, few, and the same every time', () => {
    fc.assert(
      fc.property(anyExpected, anyActual, anySaid, (expected, actual, said) => {
        const violations = compare(expected, actual, said);
        expect(violations.length).toBeLessThanOrEqual(violationLimits.count);
        for (const violation of violations) expect(Violation.safeParse(violation).data).toEqual(violation);
        expect(compare(structuredClone(expected), structuredClone(actual), structuredClone(said))).toEqual(violations);
      }),
    );
  });

  test('what is expected has few sentences, each short', () => {
    fc.assert(
      fc.property(anyExpected, (expected) => {
        for (const sentence of describeExpectation(expected)) expect(sentence.length).toBeLessThanOrEqual(256);
      }),
    );
  });
});
