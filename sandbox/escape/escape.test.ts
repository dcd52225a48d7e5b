import { beforeAll, describe, expect, test } from 'vitest';
import { escapeProbes } from './probes/all.ts';
import type { Record } from './record.ts';
import { runSuite } from './testing.ts';

let records: readonly Record[] = [];

beforeAll(async () => {
  records = await runSuite();
}, 180_000);

const of = (place: Record['place'], name: string) => records.find((record) => record.place === place && record.name === name);
const names = Object.keys(escapeProbes);

test('the jail of this host keeps all its rules', () => {
  expect(records[0]).toMatchObject({ place: 'jail', name: 'full', breaches: [] });
});

describe.each(['process', 'child of wasm'] as const)('under %s nothing gets through:', (place) => {
  test.each(['a program is run', ...names])('%s', (name) => {
    expect(of(place, name)).toMatchObject({ breaches: [] });
  });
});

describe('without a jail it gets through, so the attempt is a real one:', () => {
  test.each(names.filter((name) => escapeProbes[name]?.free === true))('%s', (name) => {
    expect(of('no jail', name)?.breaches).not.toEqual([]);
  });
});

test('what does not end is killed soon after its time', () => {
  const late = records.filter(({ place, ending, name }) => place !== 'no jail' && ending === 'timeout' && escapeProbes[name]?.limits?.wallMs !== undefined);
  const overdue = late.map(({ name, durationMs }) => durationMs - (escapeProbes[name]?.limits?.wallMs ?? 0));
  console.log(`killed after the deadline: at most ${Math.max(...overdue)} ms in ${overdue.length} runs`);
  expect(overdue.length).toBeGreaterThan(3);
  expect(Math.max(...overdue)).toBeLessThan(1500);
});
