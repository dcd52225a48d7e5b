import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '#api/v1alpha1/json.ts';
import { taskResults } from '#api/v1alpha1/task.ts';
import { checkExpression, describeExpressionFault } from './check.ts';
import { evaluateExpression, type ExpressionFacts } from './evaluate.ts';

const tasks = new Set(['a', 'run-tests']);
const usage = 'a goal reads facts only as tasks["<task>"].outcome or tasks["<task>"].observed.<field>';
const bounded = 'all, exists, exists_one and filter';

describe('checkExpression', () => {
  const accepted: Record<string, string> = {
    'an outcome': 'tasks["run-tests"].outcome == "Succeeded"',
    'an observed field': 'tasks["run-tests"].observed.failed == 0',
    'names with dots': 'tasks.a.outcome == "Succeeded" && tasks.a.observed.summary.failed < 3',
    'brackets for odd keys': 'tasks["a"]["observed"]["exit-code"] == 0',
    'an element of a list': 'tasks.a.observed.items[0].name == "x"',
    'a field that happens to be called claimed': 'tasks.a.observed.claimed == 1',
    'a value that only the facts can type': 'tasks.a.observed.ok',
    'membership in a list': 'tasks.a.outcome in ["Succeeded", "Skipped"]',
    'arithmetic, negation and a choice': '!(tasks.a.observed.n + 1 > -3) ? tasks.a.observed.ok : 2 == 3',
    'allowed functions': 'size(tasks.a.observed.l) > 1 && tasks.a.observed.s.startsWith("v") && int(tasks.a.observed.s) == 3',
    'a condition for each element': 'tasks.a.observed.l.all(x, x.name != "" && x["n"] > 0)',
    'a filtered list that is counted': 'tasks.a.observed.l.filter(x, x > 1).filter(y, y < 9).size() == 2',
    'a map': '{"a": tasks.a.outcome}["a"] == "Failed"',
    'a comment': 'tasks.a.observed.ok // because',
  };
  test.each(Object.entries(accepted))('accepts %s', (_, expression) => expect(checkExpression(expression, tasks)).toBeUndefined());

  const refused: Record<string, { expression: string; want: string; reason?: string }> = {
    'a syntax error, with its place': { expression: 'tasks.a.outcome ==', want: 'at 19: Unexpected token: EOF' },
    'a text that is too long': { expression: `"${'x'.repeat(1023)}" == ""`, want: 'at 1: 1031 characters, the limit is 1024' },
    'too many nodes': { expression: Array.from({ length: 300 }, () => '1').join('+'), want: 'at 1: Exceeded maxAstNodes (256)' },
    'parentheses without end': { expression: '('.repeat(500), want: 'at 25: Exceeded maxDepth (24)' },
    'a value that is no boolean': { expression: '1 + 1', want: 'at 1: gives int, but a goal must be true or false' },
    'an outcome alone': { expression: 'tasks.a.outcome', want: 'at 1: gives string, but a goal must be true or false' },
    'an outcome that is compared with a number': { expression: 'tasks.a.outcome == 1', want: 'at 1: no such overload: string == int' },
    'a claimed result': { expression: 'tasks.a.outcome == "Succeeded" && tasks["a"].claimed.ok', want: 'at 35: claimed results were measured by nobody: read outcome or observed', reason: 'UnverifiedEvidence' },
    'a claimed result by brackets': { expression: 'tasks["a"]["claimed"]["ok"]', want: 'at 1: claimed results were measured by nobody: read outcome or observed', reason: 'UnverifiedEvidence' },
    'a claimed result of a task chosen at run time': { expression: 'tasks[tasks.a.outcome].claimed.ok', want: 'at 1: claimed results were measured by nobody: read outcome or observed', reason: 'UnverifiedEvidence' },
    'a claimed result inside a comprehension': { expression: '[1].all(x, tasks.a.claimed.ok == x)', want: 'at 12: claimed results were measured by nobody: read outcome or observed', reason: 'UnverifiedEvidence' },
    'a task that does not exist': { expression: 'tasks.a.observed.ok && tasks["b"].observed.ok', want: 'at 24: there is no task b' },
    'a dash outside of brackets': { expression: 'tasks.run-tests.outcome == "Succeeded"', want: `at 1: ${usage}` },
    'an unknown field of a task': { expression: 'tasks.a.conditions == 1', want: `at 1: ${usage}` },
    'all observed fields at once': { expression: 'size(tasks.a.observed) > 0', want: `at 6: ${usage}` },
    'all tasks at once': { expression: 'size(tasks) == 2', want: `at 6: ${usage}` },
    'a field of an outcome': { expression: 'tasks.a.outcome.time == 1', want: `at 1: ${usage}` },
    'a task chosen at run time': { expression: 'tasks[tasks.a.observed.name].outcome == "Failed"', want: `at 1: the name of the task must be a literal: ${usage}` },
    'an index chosen at run time': { expression: 'tasks.a.observed[tasks.a.outcome] == 1', want: 'at 1: an index must be a literal' },
    'an index chosen at run time outside of facts': { expression: '[true][tasks.a.observed.i]', want: 'at 8: an index must be a literal' },
    'another variable': { expression: 'mission.goal == "x"', want: `at 1: unknown name mission: ${usage}; a task whose name has a dash needs the form with brackets` },
    'a name of a type': { expression: 'type(tasks.a.observed.x) == int', want: 'at 1: type may not be called; there are size, int, double, string, contains, startsWith, endsWith, all, exists, exists_one, filter' },
    'has, with the reason': { expression: 'has(tasks.a.observed.x)', want: 'at 1: has is not needed: a goal whose field is missing is Unknown until its tasks have ended, then Unmet' },
    'a pattern that may backtrack for hours': { expression: 'tasks.a.observed.s.matches("(a+)+$")', want: 'at 1: matches may not be called; there are size, int, double, string, contains, startsWith, endsWith, all, exists, exists_one, filter' },
    'map, which can double its input': { expression: '[1].map(x, [x, x]).size() > 0', want: 'at 1: map may not be called; there are size, int, double, string, contains, startsWith, endsWith, all, exists, exists_one, filter' },
    'the clock': { expression: 'timestamp("2026-01-01T00:00:00Z") == timestamp(0)', want: 'at 1: timestamp may not be called; there are size, int, double, string, contains, startsWith, endsWith, all, exists, exists_one, filter' },
    'bindings': { expression: 'cel.bind(x, 1, x == 1)', want: 'at 1: bind may not be called; there are size, int, double, string, contains, startsWith, endsWith, all, exists, exists_one, filter' },
    'a comprehension inside a comprehension': { expression: 'tasks.a.observed.l.all(x, [1].exists(y, y == x))', want: `at 27: ${bounded} may not be nested` },
    'a fact inside a comprehension': { expression: 'tasks.a.observed.l.all(x, x in tasks.a.observed.l)', want: `at 32: inside ${bounded} only their variable and literals may be read` },
    'a comprehension over a sum of lists': { expression: '(tasks.a.observed.l + tasks.a.observed.l).all(x, x > 0)', want: `at 2: ${bounded} need a fact or a list in brackets before them` },
    'a comprehension whose variable is none': { expression: 'tasks.a.observed.l.all(1, true)', want: 'at 24: all(var, predicate) invalid predicate iteration variable' },
    'a comprehension whose variable hides tasks': { expression: 'tasks.a.observed.l.all(tasks, tasks > 1)', want: 'at 24: the variable must not be called tasks' },
    'a comprehension without a condition': { expression: 'tasks.a.observed.l.all(x)', want: 'at 1: the form is list.all(x, condition)' },
    'the variable of another comprehension': { expression: '[1].all(x, x > 0) && x == 1', want: `at 22: unknown name x: ${usage}; a task whose name has a dash needs the form with brackets` },
  };
  test.each(Object.entries(refused))('refuses %s', (_, { expression, want, reason = 'InvalidExpression' }) => {
    const fault = checkExpression(expression, tasks);
    expect(fault && describeExpressionFault(fault)).toBe(want);
    expect(fault?.reason).toBe(reason);
    expect(evaluateExpression(expression, new Map()).kind).toBe(want.includes('no task') ? 'missing' : 'error');
  });
});

describe('evaluateExpression', () => {
  const observed: JsonObject = { failed: 0, total: 12, ratio: 0.5, name: 'v1', ok: true, none: null, items: [{ n: 1 }, { n: 2 }], nested: { deep: { x: 3 } }, constructor: 4, __proto__x: 1 };
  const facts = new Map<string, ExpressionFacts>([['a', { outcome: 'Succeeded', observed }], ['run-tests', { outcome: 'Failed', observed: {} }]]);
  const cases: Record<string, { expression: string; want: string }> = {
    'whole numbers of JSON equal ints': { expression: 'tasks.a.observed.failed == 0 && tasks.a.observed.total == 12', want: 'true' },
    'whole numbers can be reckoned with': { expression: 'tasks.a.observed.failed * 100 / tasks.a.observed.total < 5', want: 'true' },
    'ints are ordered against doubles': { expression: 'tasks.a.observed.total > 11.5 && tasks.a.observed.ratio < 1', want: 'true' },
    'outcomes are strings': { expression: 'tasks["run-tests"].outcome == "Succeeded"', want: 'false' },
    'a boolean fact is an answer': { expression: 'tasks.a.observed.ok', want: 'true' },
    'nested objects and lists can be read': { expression: 'tasks.a.observed.nested.deep.x == 3 && tasks.a.observed.items[1].n == 2', want: 'true' },
    'keys of the language\'s own objects are keys like any other': { expression: 'tasks.a.observed.constructor == 4', want: 'true' },
    'what the language adds to objects is not there': { expression: 'tasks["run-tests"].observed.toString == 4', want: 'missing tasks["run-tests"].observed.toString' },
    'null is a value': { expression: 'tasks.a.observed.none == null', want: 'true' },
    'values of different kinds are unequal, not an error': { expression: 'tasks.a.observed.failed == "0"', want: 'false' },
    'each element can be looked at': { expression: 'tasks.a.observed.items.all(x, x.n > 0) && tasks.a.observed.items.exists_one(x, x.n == 2)', want: 'true' },
    'a filtered list can be counted': { expression: 'tasks.a.observed.items.filter(x, x.n > 1).size() == 1', want: 'true' },
    'a missing field is named as it is written': { expression: 'tasks.a.observed.passed > 3', want: 'missing tasks.a.observed.passed' },
    'a missing task is named with its field': { expression: 'tasks["gone"].observed.failed == 0', want: 'missing tasks["gone"].observed.failed' },
    'a field below a number is missing': { expression: 'tasks.a.observed.failed.count == 0', want: 'missing tasks.a.observed.failed.count' },
    'an element beyond the end is missing': { expression: 'tasks.a.observed.items[2].n == 0', want: 'missing tasks.a.observed.items[2].n' },
    'a field missing in an element is named': { expression: 'tasks.a.observed.items.all(x, x.name == "q")', want: 'missing name' },
    'a missing field does not matter when the rest decides': { expression: 'tasks.gone.observed.x == 1 || tasks.a.observed.ok', want: 'true' },
    'nor when the rest decides against': { expression: 'tasks.gone.observed.x == 1 && tasks.a.observed.failed > 0', want: 'false' },
    'division by zero is an error': { expression: 'tasks.a.observed.total / tasks.a.observed.failed > 1', want: 'error division by zero' },
    'kinds that cannot be ordered are an error': { expression: 'tasks.a.observed.name > 3', want: 'error no such overload: dyn<string> > int' },
    'a number is no answer': { expression: 'tasks.a.observed.total', want: 'error gives a number, but a goal must be true or false' },
    'a text is no answer': { expression: 'tasks.a.observed.name', want: 'error gives a string, but a goal must be true or false' },
  };
  test.each(Object.entries(cases))('%s', (_, { expression, want }) => {
    const result = evaluateExpression(expression, facts);
    expect([result.kind, 'field' in result ? result.field : '', 'message' in result ? result.message : ''].join(' ').replaceAll(/ +/g, ' ').trim()).toBe(want);
  });

  const anyText = fc.oneof(fc.string({ maxLength: 200 }), fc.array(fc.constantFrom('tasks', '.a', '["a"]', '.observed', '.outcome', '.x', '[0]', ' == ', ' && ', ' || ', '(', ')', '"Failed"', '1', '!', '?', ':', '.all(x, ', ' in '), { maxLength: 20 }).map((parts) => parts.join('')));
  test('is total: no text and no facts make it throw', () => {
    fc.assert(
      fc.property(anyText, fc.dictionary(fc.constantFrom('x', 'y', '__proto__'), fc.jsonValue()), fc.constantFrom(...taskResults), (expression, any, outcome) => {
        const result = evaluateExpression(expression, new Map([['a', { outcome, observed: any as JsonObject }]]));
        expect(['true', 'false', 'missing', 'error']).toContain(result.kind);
      }),
    );
  });

  const anyClause = fc.tuple(fc.constantFrom('p', 'q', 'r'), fc.boolean()).map(([name, wanted]) => `tasks.${name}.observed.x == ${wanted ? 1 : 2}`);
  const anyFormula = fc.letrec<{ formula: string }>((tie) => ({ formula: fc.oneof({ depthSize: 'small' }, anyClause, fc.tuple(tie('formula'), fc.constantFrom('&&', '||'), tie('formula')).map(([a, op, b]) => `(${a} ${op} ${b})`), tie('formula').map((a) => `!(${a})`)) })).formula;
  test('an answer found with some facts stays when the others arrive', () => {
    fc.assert(
      fc.property(anyFormula, fc.subarray(['p', 'q', 'r']), fc.dictionary(fc.constantFrom('p', 'q', 'r'), fc.constantFrom(1, 2)), (formula, known, values) => {
        fc.pre(formula.length <= 1024);
        const factsOf = (names: readonly string[]) => new Map<string, ExpressionFacts>(names.map((name) => [name, { outcome: 'Succeeded', observed: { x: values[name] ?? 1 } }]));
        const early = evaluateExpression(formula, factsOf(known)).kind;
        const late = evaluateExpression(formula, factsOf(['p', 'q', 'r'])).kind;
        expect(early === late || early === 'missing' || late === 'error').toBe(true);
      }),
    );
  });

  test('the longest comprehension over the largest fact ends at once', () => {
    const list = Array.from({ length: 1000 }, () => 1);
    const expression = `tasks.a.observed.l.all(x, x in [${Array.from({ length: 60 }, () => '2').join(',')}, 1])`;
    const before = performance.now();
    expect(evaluateExpression(expression, new Map([['a', { outcome: 'Succeeded', observed: { l: list } }]])).kind).toBe('true');
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
