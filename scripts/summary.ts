// Counts over the steps of CI. A step that failed never counts as zero failures, whatever its report says.

export interface StepResult {
  readonly name: string;
  readonly hasPassed: boolean;
}

export interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** Total of all steps; `reports` holds what the steps wrote: vitest's JSON for `test`, a list of stories for `e2e`. */
export function addUp(steps: readonly StepResult[], reports: { readonly test?: unknown; readonly e2e?: unknown }): Count {
  const counts = steps.map((step) => atLeast(step, countOf(step, reports)));
  return { passed: sum(counts.map(({ passed }) => passed)), failed: sum(counts.map(({ failed }) => failed)) };
}

function countOf({ name }: StepResult, { test, e2e }: { readonly test?: unknown; readonly e2e?: unknown }): Count | undefined {
  if (name === 'test') return vitestCount(test);
  return name === 'e2e' ? storyCount(e2e) : undefined;
}

function atLeast({ hasPassed }: StepResult, count: Count | undefined): Count {
  if (count === undefined) return { passed: hasPassed ? 1 : 0, failed: hasPassed ? 0 : 1 };
  return hasPassed ? count : { ...count, failed: Math.max(count.failed, 1) };
}

function vitestCount(report: unknown): Count | undefined {
  if (!isRecord(report)) return undefined;
  return { passed: Number(report['numPassedTests']), failed: Number(report['numFailedTests']) };
}

function storyCount(report: unknown): Count | undefined {
  if (!Array.isArray(report)) return undefined;
  const results = report.filter(isRecord).map((story) => String(story['result']));
  return { passed: results.filter((result) => result === 'passed').length, failed: results.filter((result) => result === 'failed').length };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
