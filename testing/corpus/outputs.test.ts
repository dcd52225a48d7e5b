import { describe, expect, test } from 'vitest';
import { failureClasses } from '#domain/consistency/state.ts';
import { readOutputs } from './outputs.ts';

const runs = await readOutputs();

describe('recorded outputs', () => {
  test.each(failureClasses)('%s stands there at least six times, by three frameworks', (kind) => {
    const found = runs.filter(({ failureClass }) => failureClass === kind);
    expect(found.length).toBeGreaterThanOrEqual(6);
    expect(new Set(found.map(({ framework }) => framework)).size).toBeGreaterThanOrEqual(3);
  });

  test('are many, of every framework, some with a report', () => {
    expect(runs.length).toBeGreaterThanOrEqual(60);
    expect(new Set(runs.map(({ framework }) => framework))).toEqual(new Set(['vitest', 'jest', 'mocha', 'node', 'pytest', 'go', 'cargo', 'unknown']));
    expect(runs.filter(({ report }) => report?.includes('<testsuite')).length).toBeGreaterThanOrEqual(5);
  });

  test.each(runs.map((run) => [run.name, run] as const))('%s agrees with itself', (_, run) => {
    const isClean = run.failureClass === 'none';
    expect(run.counts === undefined || !isClean || run.counts.failed === 0).toBe(true);
    expect(isClean && run.exitCode !== 0).toBe(false);
    const gravest = failureClasses.findLast((kind) => run.failures.some((failure) => failure.class === kind));
    if (gravest !== undefined) expect(gravest).toBe(run.failureClass);
    const text = `${run.stdout}${run.stderr}${run.report ?? ''}`;
    for (const failure of run.failures) expect(text).toContain(failure.test);
    expect(text).not.toMatch(/\/(?:root|tmp|home)\//);
  });
});
