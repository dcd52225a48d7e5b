// What the planner gets of the mirror: checked lessons, or none, and never later than a plan may wait.
import { expect, test } from 'vitest';
import type { Lesson } from '#api/memory.ts';
import type { Recalled } from '#platform/rpc/memory-client.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { createMirrorMemory } from './mirror-memory.ts';

const lesson: Lesson = { id: 'l-1', goal: 'Look.', verdict: 'Worked', because: 'met: seen', plan: [], goals: [], language: '', costUsd: '0.10', seconds: 3 };
const told = (...lessons: readonly unknown[]): Recalled => ({ kind: 'told', lessonsJson: lessons.map((one) => (typeof one === 'string' ? one : JSON.stringify({ distance: 0.1, lesson: one }))) });

function aMemory(answer: Promise<Recalled>) {
  const warnings: unknown[] = [];
  const clock = new ManualClock();
  const aborted: AbortSignal[] = [];
  const memory = createMirrorMemory({ ask: (_namespace, _text, _most, signal) => (aborted.push(signal), answer), clock, log: { ...silentLog, warn: (_message, fields) => void warnings.push(fields) } });
  return { recall: () => memory.recall('team-a', 'text', new AbortController().signal), warnings, clock, aborted };
}

const cases: Record<string, { answer: Recalled; want: readonly Lesson[]; warnings: number }> = {
  'lessons are handed on': { answer: told(lesson), want: [lesson], warnings: 0 },
  'no lessons are no fault': { answer: told(), want: [], warnings: 0 },
  'what is no lesson is left out': { answer: told('{', { ...lesson, verdict: 'Unchecked' }, { ...lesson, goal: 'x'.repeat(9000) }, lesson), want: [lesson], warnings: 0 },
  'more than a plan may have are cut': { answer: told(lesson, lesson, lesson, lesson, lesson), want: [lesson, lesson, lesson], warnings: 0 },
  'a mirror that is nowhere is told in the log': { answer: { kind: 'none' }, want: [], warnings: 1 },
  'a memory that is lost is told in the log': { answer: { kind: 'lost', message: 'no' }, want: [], warnings: 1 },
};
test.each(Object.entries(cases))('%s', async (_, { answer, want, warnings }) => {
  const memory = aMemory(Promise.resolve(answer));
  expect(await memory.recall()).toEqual(want);
  expect(memory.warnings).toHaveLength(warnings);
});

test('silence is waited for as long as a plan may wait, and the call is ended then', async () => {
  const { recall, clock, warnings, aborted } = aMemory(new Promise(() => {}));
  const recalling = recall();
  await clock.advance(2000);
  expect(await recalling).toEqual([]);
  expect(warnings).toEqual([{ namespace: 'team-a', fault: 'no answer within 2 s' }]);
  expect(aborted[0]?.aborted).toBe(true);
});
