// The counts that node's test runner prints last, in TAP and for people.
import type { TestCounts } from './reading.ts';

/** Counts by the last lines `# pass 3` or `ℹ pass 3`; a test that was cancelled did not pass. */
export function nodeCounts(text: string, mark: '#' | 'ℹ'): TestCounts | undefined {
  const field = (name: string) => [...text.matchAll(new RegExp(String.raw`^${mark} ${name} (\d+)$`, 'gm'))].at(-1)?.[1];
  const [passed, failed, cancelled, skipped, todo] = ['pass', 'fail', 'cancelled', 'skipped', 'todo'].map(field);
  if (passed === undefined || failed === undefined || cancelled === undefined) return undefined;
  return { passed: Number(passed), failed: Number(failed) + Number(cancelled), skipped: Number(skipped ?? 0) + Number(todo ?? 0) };
}
