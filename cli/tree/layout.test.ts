import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layout } from './layout.ts';

const linked = (plan: Record<string, string[]>) => Object.entries(plan).map(([name, dependsOn]) => ({ name, dependsOn }));
const drawn = (plan: Record<string, string[]>) => layout(linked(plan)).map(({ name, branches }) => `${branches.join('.')}>${name}`);

const cases: Record<string, { plan: Record<string, string[]>; want: string[] }> = {
  'tasks without dependencies stand at the edge in plan order': { plan: { b: [], a: [] }, want: ['>b', '>a'] },
  'the last child closes its branch': { plan: { a: [], b: ['a'], c: ['a'] }, want: ['>a', 'child>b', 'last>c'] },
  'a branch goes on past the children of an earlier child': { plan: { a: [], b: ['a'], c: ['b'], d: ['a'] }, want: ['>a', 'child>b', 'past.last>c', 'last>d'] },
  'below a last child nothing is drawn': { plan: { a: [], b: ['a'], c: ['b'] }, want: ['>a', 'last>b', 'none.last>c'] },
  'a task stands below its deepest dependency': { plan: { a: [], b: ['a'], c: ['a', 'b'] }, want: ['>a', 'last>b', 'none.last>c'] },
  'of equally deep dependencies the later one counts': { plan: { a: [], b: [], c: ['a', 'b'] }, want: ['>a', '>b', 'last>c'] },
  'a dependency that does not exist leaves the task at the edge': { plan: { a: ['ghost'] }, want: ['>a'] },
  'tasks of a cycle stand at the edge': { plan: { a: ['b'], b: ['a'], c: [] }, want: ['>a', '>b', '>c'] },
};
test.each(Object.entries(cases))('%s', (_, { plan, want }) => expect(drawn(plan)).toEqual(want));

test('every task of any graph, cycles included, is placed exactly once', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { maxLength: 12 });
  const plans = names.chain((all) => fc.tuple(...all.map((name) => fc.subarray(all).map((dependsOn) => ({ name, dependsOn })))));
  fc.assert(fc.property(plans, (plan) => {
    expect(layout(plan).map(({ name }) => name).toSorted()).toEqual(plan.map(({ name }) => name).toSorted());
  }));
});
