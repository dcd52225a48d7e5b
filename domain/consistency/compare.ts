// What differs between the state that was expected of an action and the one that was measured after it. A difference does not fail a task: it is shown beside its outcome.
import type { JsonObject } from '#api/v1alpha1/json.ts';
import type { Violation, ViolationKind } from '#api/v1alpha1/task.ts';
import { plainText } from '#domain/conditions.ts';
import { contradictedClaims } from './claims.ts';
import { listed } from './describe.ts';
import type { ActualState, ExpectedState } from './state.ts';

export const violationLimits = { count: 16, messageLength: 256, pathLength: 255 } as const;

/** What the action itself says of how it went. */
export interface Said {
  readonly result: 'Succeeded' | 'Failed';
  readonly claimed: JsonObject;
}

/** A difference before it is cut to what a status may hold. */
interface Difference {
  readonly kind: ViolationKind;
  readonly message: string;
  readonly path?: string;
}

/** All differences, gravest first, at most 16; equal states give equal lists. An exit code has no kind of its own: it contradicts a success, or belongs to failed tests. */
export function compare(expected: ExpectedState, actual: ActualState, said: Said): Violation[] {
  const differences = [...runDifferences(expected, actual), ...artifactDifferences(expected, actual), ...claimDifferences(expected, actual, said), ...fileDifferences(expected, actual)];
  return bounded(differences).map(toViolation);
}

/** A cause is told once: tests that never started did not fail as well. */
function* runDifferences(expected: ExpectedState, { cut, tests, exitCode, seconds }: ActualState): Generator<Difference> {
  const { program = 'the program', withinSeconds: limit } = expected;
  const endsBy = limit === undefined ? 'its limit' : `${limit} s`;
  const found = new Set<string | undefined>([cut, tests?.failureClass]);
  if (found.has('missingTool')) yield { kind: 'MissingTool', message: `expected ${program} to be installed, found that it is not` };
  else if (found.has('timeout')) return yield { kind: 'Timeout', message: `expected an end within ${endsBy}, found it running after ${seconds} s` };
  else if (expected.tests === 'pass') yield* testDifferences(expected.exitCode ?? 0, { cut, tests, exitCode });
  if (limit !== undefined && seconds > limit) yield { kind: 'Timeout', message: `expected an end within ${endsBy}, found ${seconds} s` };
}

type TestRun = { readonly [K in 'cut' | 'tests' | 'exitCode']: ActualState[K] | undefined };

function testDifferences(wanted: number, { tests, exitCode, cut }: TestRun): Difference[] {
  if (tests?.failureClass === 'compileError') return [{ kind: 'CompileError', message: 'expected tests that compile, found that they do not' }];
  const found = failureOf(tests) ?? (cut === undefined ? undefined : `that they were cut: ${cut}`) ?? (exitCode === wanted ? undefined : `exit code ${exitCode ?? 'none'}, not ${wanted}`);
  return found === undefined ? [] : [{ kind: 'TestFailed', message: `expected passing tests, found ${found}` }];
}

function failureOf(tests: ActualState['tests']): string | undefined {
  if (tests === undefined) return undefined;
  if (tests.failed > 0) return `${tests.failed} failed and ${tests.passed} passed`;
  return tests.failureClass === 'none' ? undefined : `failure class ${tests.failureClass} with ${tests.passed} passed`;
}

function artifactDifferences({ artifacts = [] }: ExpectedState, actual: ActualState): Difference[] {
  const missing = artifacts.filter((name) => !actual.artifacts.includes(name));
  return missing.map((name) => ({ kind: 'MissingArtifact', message: `expected artifact ${name}, found ${actual.artifacts.length === 0 ? 'none' : listed(actual.artifacts)}`, path: name }));
}

function* claimDifferences(expected: ExpectedState, actual: ActualState, { result, claimed }: Said): Generator<Difference> {
  const against = counterEvidence(expected, actual);
  if (result === 'Succeeded' && against !== undefined) yield { kind: 'ClaimWithoutEvidence', message: `expected evidence of success, found ${against}` };
  if (actual.claimsResults && expected.claims !== 'opinion' && !isMeasured(actual)) yield { kind: 'ClaimWithoutEvidence', message: 'expected claims to rest on something that ran, found that nothing was run' };
  else for (const message of contradictedClaims(claimed, actual, against)) yield { kind: 'ClaimWithoutEvidence', message };
}

/** What was measured that speaks against a success. */
function counterEvidence(expected: ExpectedState, { exitCode, cut, tests }: ActualState): string | undefined {
  if (cut !== undefined) return `that its command was cut: ${cut}`;
  if (expected.tests === 'pass' && tests !== undefined && tests.failed > 0) return `${tests.failed} failed tests`;
  if (expected.exitCode !== undefined && exitCode !== undefined && exitCode !== expected.exitCode) return `exit code ${exitCode}, not ${expected.exitCode}`;
  return undefined;
}

function isMeasured({ executed, exitCode, cut, tests }: ActualState): boolean {
  return executed === true || exitCode !== undefined || cut !== undefined || tests !== undefined;
}

function fileDifferences({ files, paths }: ExpectedState, { changedPaths }: ActualState): Difference[] {
  if (files === 'unchanged') return changedPaths.map((path) => ({ kind: 'UnexpectedChange', message: `expected no changed file, found ${path} changed`, path }));
  if (files === undefined) return [];
  if (paths === undefined) return changedPaths.length > 0 ? [] : [{ kind: 'FileMismatch', message: 'expected at least one changed file, found none' }];
  const left = paths.filter((path) => !changedPaths.includes(path)).map((path): Difference => ({ kind: 'FileMismatch', message: `expected ${path} to change, found it unchanged`, path }));
  const further = changedPaths.filter((path) => !paths.includes(path)).map((path): Difference => ({ kind: 'FileMismatch', message: `expected changes only in ${listed(paths)}, found ${path} changed`, path }));
  return [...left, ...further];
}

/** The first ones; when there are more, the last place says how many. */
function bounded(differences: readonly Difference[]): readonly Difference[] {
  const [shown, rest] = [differences.slice(0, violationLimits.count - 1), differences.slice(violationLimits.count - 1)];
  const [next] = rest;
  if (next === undefined || rest.length === 1) return differences;
  return [...shown, { kind: next.kind, message: `and ${rest.length} further differences` }];
}

function toViolation({ kind, message, path }: Difference): Violation {
  const cut = { kind, message: plainText(message, violationLimits.messageLength) };
  return path === undefined ? cut : { ...cut, path: plainText(path, violationLimits.pathLength) };
}
