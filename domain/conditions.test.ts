import { expect, test } from 'vitest';
import { plainText, setConditions } from './conditions.ts';

const t0 = Date.parse('2026-01-01T00:00:00Z');
const ready = { type: 'Ready', status: 'True', reason: 'Running', message: 'runs' } as const;

test('a condition whose status stays keeps its transition time', () => {
  const first = setConditions(undefined, [ready], 1, t0);
  const second = setConditions(first, [{ ...ready, reason: 'Completed' }], 2, t0 + 5000);
  expect(second).toMatchObject([{ reason: 'Completed', observedGeneration: 2, lastTransitionTime: '2026-01-01T00:00:00Z' }]);
});

test('a condition whose status changes gets a new transition time', () => {
  const first = setConditions(undefined, [ready], 1, t0);
  expect(setConditions(first, [{ ...ready, status: 'False' }], 1, t0 + 5000)[0]?.lastTransitionTime).toBe('2026-01-01T00:00:05Z');
});

test('conditions are sorted by type and those that are not wanted any more are dropped', () => {
  const first = setConditions(undefined, [ready, { ...ready, type: 'Accepted' }, { ...ready, type: 'Stalled' }], 1, t0);
  expect(first.map(({ type }) => type)).toEqual(['Accepted', 'Ready', 'Stalled']);
  expect(setConditions(first, [ready], 1, t0).map(({ type }) => type)).toEqual(['Ready']);
});

test('a message cannot forge a line, hide its end or reorder text', () => {
  expect(plainText('a\u001b[31m\u202eb\nc', 100)).toBe('a\\u001b[31m\\u202eb c');
  expect(plainText('x'.repeat(50), 10)).toBe(`${'x'.repeat(9)}…`);
});
