// Expressions over the JSON of an artifact: the same closed language, another variable.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '#api/v1alpha1/json.ts';
import { checkJsonExpression, describeExpressionFault } from './check.ts';
import { evaluateOverJson, maxJsonValues } from './evaluate.ts';

const bounded = 'all, exists, exists_one and filter';

describe('checkJsonExpression', () => {
  const accepted: Record<string, string> = {
    'a field': 'json.total > 80',
    'the whole document': 'json == 3',
    'odd keys and places in lists': 'json["total-lines"][0].pct == 81.5',
    'a condition for each element of the whole': 'json.all(x, x.ok)',
    'a field that happens to be called claimed': 'json.claimed.ok',
    'a field that happens to be called tasks': 'json.tasks.size() == 2',
  };
  test.each(Object.entries(accepted))('accepts %s', (_, expression) => expect(checkJsonExpression(expression)).toBeUndefined());

  const refused: Record<string, { expression: string; want: string }> = {
    'tasks: what they did is not in the artifact': { expression: 'tasks.a.outcome == "Succeeded"', want: 'at 1: unknown name tasks: an artifact is read only as json, json.<field> or json[<index>]' },
    'an index chosen at run time': { expression: 'json.list[json.at] == 1', want: 'at 1: an index must be a literal' },
    'the document inside a comprehension over it': { expression: 'json.a.all(x, json.b.exists(y, y == x))', want: `at 15: ${bounded} may not be nested` },
    'a comprehension that reads the document in each round': { expression: 'json.a.all(x, x in json.b)', want: `at 20: inside ${bounded} only their variable and literals may be read` },
    'a comprehension over a sum of lists': { expression: '(json.a + json.a).all(x, x > 0)', want: `at 2: ${bounded} need a part of json or a list in brackets before them` },
    'a comprehension whose variable hides the document': { expression: 'json.a.all(json, json > 1)', want: 'at 12: the variable must not be called json' },
    'has, with the reason': { expression: 'has(json.x)', want: 'at 1: has is not needed: an artifact whose field is missing does not satisfy the expression' },
    'a pattern that may backtrack for hours': { expression: 'json.s.matches("(a+)+$")', want: 'at 1: matches may not be called; there are size, int, double, string, contains, startsWith, endsWith, all, exists, exists_one, filter' },
    'an answer that is none': { expression: 'size(json.a)', want: 'at 1: gives int, but a goal must be true or false' },
  };
  test.each(Object.entries(refused))('refuses %s', (_, { expression, want }) => {
    const fault = checkJsonExpression(expression);
    expect(fault && describeExpressionFault(fault)).toBe(want);
    expect(evaluateOverJson(expression, {}).kind).toBe('error');
  });
});

describe('evaluateOverJson', () => {
  const report: Json = { totals: { lines: 120, pct: 81.5 }, files: [{ name: 'a.ts', pct: 90 }, { name: 'b.ts', pct: 60 }], none: null };
  const cases: Record<string, { expression: string; json?: Json; want: string }> = {
    'whole numbers equal ints, fractions are ordered against them': { expression: 'json.totals.lines == 120 && json.totals.pct > 81', want: 'true' },
    'each element can be looked at': { expression: 'json.files.all(f, f.pct >= 80)', want: 'false' },
    'a document may be a list': { expression: 'json.size() == 2 && json[1] == "b"', json: ['a', 'b'], want: 'true' },
    'or one value': { expression: 'json', json: true, want: 'true' },
    'null is a value': { expression: 'json.none == null', want: 'true' },
    'a missing field is named as it is written': { expression: 'json.totals.branches > 3', want: 'missing json.totals.branches' },
    'an element beyond the end is missing': { expression: 'json.files[7].pct > 3', want: 'missing json.files[7].pct' },
    'what the language adds to objects is not there': { expression: 'json.toString == 4', want: 'missing json.toString' },
    'kinds that cannot be ordered are an error': { expression: 'json.files[0].name > 3', want: 'error no such overload: dyn<string> > int' },
  };
  test.each(Object.entries(cases))('%s', (_, { expression, json = report, want }) => {
    const result = evaluateOverJson(expression, json);
    expect([result.kind, 'field' in result ? result.field : '', 'message' in result ? result.message : ''].join(' ').replaceAll(/ +/g, ' ').trim()).toBe(want);
  });

  test('a document with too many values is refused before it costs anything', () => {
    const list = Array.from({ length: maxJsonValues }, () => 0);
    expect(evaluateOverJson('json.size() > 0', list.slice(1)).kind).toBe('true');
    expect(evaluateOverJson('json.size() > 0', list)).toEqual({ kind: 'error', message: 'the document has more than 100000 values' });
  });

  test('a document nested deeper than the stack is an error, not an end', () => {
    let deep: Json = 1;
    for (let depth = 0; depth < 50_000; depth += 1) deep = [deep];
    expect(evaluateOverJson('json == 1', deep).kind).toBe('error');
  });

  const anyText = fc.array(fc.constantFrom('json', '.a', '["a"]', '[0]', ' == ', ' && ', '(', ')', '"x"', '1', '!', '.all(x, ', ' in ', '.size()'), { maxLength: 15 }).map((parts) => parts.join(''));
  test('is total: no text and no document make it throw', () => {
    fc.assert(
      fc.property(anyText, fc.jsonValue(), (expression, json) => {
        expect(['true', 'false', 'missing', 'error']).toContain(evaluateOverJson(expression, json as Json).kind);
      }),
    );
  });
});
