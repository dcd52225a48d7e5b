import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Finding } from '#agent-runtime/roles/analyzer/finding.ts';
import { type ReportInput, toSarif } from './sarif.ts';

const schema = JSON.parse(readFileSync(new URL('../../../../testing/sarif/sarif-schema-2.1.0.json', import.meta.url), 'utf8')) as object;
// The schema's pattern for languages is no regular expression in Unicode mode; formats are judged below, where they matter.
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);

const rules = [
  { id: 'a', means: 'A is wrong.', next: 'Do A.' },
  { id: 'b', means: 'B is wrong.', next: 'Do B.' },
];
const finding = (parts: Partial<Finding> = {}): Finding => ({ rule: 'a', level: 'error', message: 'A is wrong: x', place: { path: 'src/a.ts', line: 3, column: 2, endLine: 4 }, ...parts });

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly message: { readonly text: string };
  readonly locations: readonly [{ readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region: object } }];
  readonly relatedLocations?: readonly unknown[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
}
interface Run {
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
  readonly invocations: readonly [{ readonly toolExecutionNotifications: readonly { readonly message: { readonly text: string } }[] }];
  readonly results: readonly Result[];
  readonly properties?: object;
}

/** The only run of a report that the schema accepts. */
function runOf(input: Partial<ReportInput>): Run {
  const log = JSON.parse(toSarif({ findings: [], rules, version: '1.2.3', ...input })) as { readonly runs: readonly [Run] };
  validate(log);
  expect(validate.errors ?? []).toEqual([]);
  expect(log.runs).toHaveLength(1);
  return log.runs[0];
}

const uri = (result: Result | undefined) => result?.locations[0].physicalLocation.artifactLocation.uri;
const prints = (findings: readonly Finding[]) => runOf({ findings }).results.map(({ partialFingerprints }) => partialFingerprints['coditect/v1']);

describe('toSarif', () => {
  test('the schema refuses what is no report', () => expect(validate({ version: '2.1.0', runs: [{ tool: {}, results: [] }] })).toBe(false));

  test('a report without findings names the rules that were looked for', () => {
    const run = runOf({});
    expect(run.results).toEqual([]);
    expect(run.tool.driver.rules).toEqual(rules.map(({ id, means, next }) => ({ id, shortDescription: { text: means }, help: { text: next } })));
  });

  test('a result has its rule, its place and the other places', () => {
    const [result] = runOf({ findings: [finding({ rule: 'b', level: 'warning', related: [{ path: 'c.ts', line: 9 }] })] }).results;
    expect(result).toMatchObject({
      ruleId: 'b',
      ruleIndex: 1,
      level: 'warning',
      locations: [{ physicalLocation: { artifactLocation: { uri: 'src/a.ts', uriBaseId: 'SRCROOT' }, region: { startLine: 3, startColumn: 2, endLine: 4 } } }],
      relatedLocations: [{ id: 1, physicalLocation: { artifactLocation: { uri: 'c.ts' }, region: { startLine: 9 } } }],
    });
  });

  test('a rule that nobody described is described by its name', () => {
    const run = runOf({ findings: [finding({ rule: 'z' })] });
    expect(run.tool.driver.rules.at(run.results[0]?.ruleIndex ?? 0)?.id).toBe('z');
  });

  test('paths are encoded part by part', () => {
    expect(uri(runOf({ findings: [finding({ place: { path: 'a b/ü#?%:[x].ts', line: 1 } })] }).results[0])).toBe('a%20b/%C3%BC%23%3F%25%3A%5Bx%5D.ts');
  });

  test('the most severe findings come first, those of tests behind the others', () => {
    const findings = [finding({ level: 'note' }), finding({ place: { path: 'tests/a.py', line: 1 } }), finding({ level: 'warning' }), finding()];
    expect(runOf({ findings }).results.map((result) => `${uri(result)} ${(result as unknown as Finding).level}`)).toEqual(['src/a.ts error', 'tests/a.py error', 'src/a.ts warning', 'src/a.ts note']);
  });

  test('of many findings 5,000 are listed, and the report says so', () => {
    const run = runOf({ findings: [...Array.from({ length: 5001 }, () => finding({ level: 'note' })), finding({ message: 'grave' })], truncated: '3 files were not read.', commit: 'c0ffee' });
    expect(run.results).toHaveLength(5000);
    expect(run.results[0]?.message.text).toBe('grave');
    expect(run.invocations[0].toolExecutionNotifications.map(({ message }) => message.text)).toEqual(['5000 of 5002 findings are listed, the most severe first.', '3 files were not read.']);
    expect(run.properties).toEqual({ commit: 'c0ffee' });
  });

  test('messages and other places are bounded', () => {
    const [result] = runOf({ findings: [finding({ message: 'x'.repeat(5000), related: Array.from({ length: 99 }, (_, at) => ({ path: 'a', line: at + 1 })) })] }).results;
    expect(result?.message.text).toHaveLength(1000);
    expect(result?.relatedLocations).toHaveLength(50);
  });

  test('a fingerprint outlives a move, and tells rules, paths, texts and repetitions apart', () => {
    const [before] = prints([finding()]);
    expect(prints([finding({ place: { path: 'src/a.ts', line: 30 } })])).toEqual([before]);
    const all = prints([finding(), finding(), finding({ rule: 'b' }), finding({ message: 'A is wrong: y' }), finding({ place: { path: 'src/b.ts', line: 3 } })]);
    expect(all[0]).toBe(before);
    expect(new Set(all).size).toBe(5);
  });

  test('findings of any texts make a report that the schema accepts', () => {
    const place = fc.record({ path: fc.string({ unit: 'binary', minLength: 1 }), line: fc.integer({ min: 0, max: 9 }), column: fc.integer({ min: 0, max: 9 }), endLine: fc.integer({ min: 0, max: 9 }) });
    const any = fc.record({ rule: fc.constantFrom('a', 'b', 'c'), level: fc.constantFrom('error', 'warning', 'note'), message: fc.string({ unit: 'binary' }), place, related: fc.array(place, { maxLength: 2 }) });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 5 }), (findings) => {
        for (const result of runOf({ findings }).results) expect(uri(result)).toMatch(/^[\w!'()*.~%/-]*$/);
      }),
    );
  });
});
