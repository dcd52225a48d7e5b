// A coder's loop against a small world in memory: files, and tests that are right when the files say what they should.
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Block, ParsedRequest } from '#testing/llm/request.ts';
import { candidateEdits } from './edits.ts';
import { fixPolicy, type FixOptions } from './fix.ts';
import { readTestOutput } from './test-output.ts';

interface Shape {
  readonly edit: object;
  readonly names: (input: Record<string, unknown>) => { path: string; before?: string; after?: string; content?: string };
}

/** Tools of the same meaning whose inputs have other names. */
const shapes: Record<string, Shape> = {
  'old and new': { edit: { path: text(), old_text: text(), new_text: text() }, names: (input) => ({ path: String(input['path']), before: String(input['old_text']), after: String(input['new_text']) }) },
  'find and replace': { edit: { file: text(), find: text(), replace: text(), expected: { type: 'integer' } }, names: (input) => ({ path: String(input['file']), before: String(input['find']), after: String(input['replace']) }) },
  'whole files': { edit: { path: text(), content: text() }, names: (input) => ({ path: String(input['path']), content: String(input['content']) }) },
};

function text(): object {
  return { type: 'string' };
}

function tool(name: string, properties: object): ParsedRequest['tools'][number] {
  return { name, input_schema: { type: 'object', properties: { ...properties }, required: Object.keys(properties) } };
}

interface World {
  readonly files: Map<string, string>;
  /** What a run of the tests prints. */
  readonly run: (files: ReadonlyMap<string, string>) => string;
}

interface Ending {
  readonly calls: readonly string[];
  readonly finish: Record<string, unknown>;
  readonly files: ReadonlyMap<string, string>;
}

const plainShape = shapes['old and new'] as Shape;

/** Plays a whole conversation. */
function play(world: World, options: FixOptions = {}, { edit, names }: Shape = plainShape): Ending {
  const tools = [tool('list_files', {}), tool('read_file', { path: text() }), tool('search', { query: text() }), tool('edit_file', edit), tool('run_tests', {}), tool('finish', { summary: text(), success: { type: 'boolean' }, risk: { type: 'string', enum: ['low', 'high'] } })];
  const turns: { role: 'user' | 'assistant'; blocks: Block[] }[] = [{ role: 'user', blocks: [{ type: 'text', text: 'Mend it.' }] }];
  const calls: string[] = [];
  const policy = fixPolicy(options);
  const act: Record<string, (input: Record<string, unknown>) => string | undefined> = {
    list_files: () => [...world.files.keys()].join('\n'),
    read_file: (input) => world.files.get(String(input['path'] ?? input['file'])),
    search: (input) => [...world.files].flatMap(([path, content]) => content.split('\n').flatMap((line, at) => (line.includes(String(input['query'])) ? [`${path}:${at + 1}: ${line}`] : []))).join('\n'),
    edit_file: (input) => {
      const { path, before, after = '', content } = names(input);
      const known = world.files.get(path) ?? '';
      if (before !== undefined && known.split(before).length !== 2) return undefined;
      world.files.set(path, content ?? known.replace(before ?? '', () => after));
      return 'ok';
    },
    run_tests: () => world.run(world.files),
  };
  for (let turn = 0; turn < 200; turn += 1) {
    const reply = policy({ model: 'm', tools, system: [], turns, automaticCache: undefined, maxTokens: 100, isStream: false, stopSequences: [] });
    const call = reply?.content.find((block) => block.type === 'tool_use');
    if (call === undefined) throw new Error('the policy made no call');
    calls.push(call.name === 'read_file' ? `read ${String(call.input['path'])}` : call.name);
    if (call.name === 'finish') return { calls, finish: call.input, files: world.files };
    const output = act[call.name]?.(call.input);
    turns.push({ role: 'assistant', blocks: [{ type: 'tool_use', id: `t${turn}`, name: call.name, input: call.input }] });
    turns.push({ role: 'user', blocks: [{ type: 'tool_result', tool_use_id: `t${turn}`, content: output ?? 'refused', is_error: output === undefined }] });
  }
  throw new Error('the policy never finished');
}

/** Tests that check each function of a module by calling it for real. */
function nodeWorld(source: string, checks: Record<string, (exports: Record<string, (...values: never[]) => unknown>) => boolean>, stack = false): World {
  const files = new Map([['README.md', 'About src/other.js'], ['src/sum.js', source], ['test/sum.test.js', "import { sum } from '../src/sum.js';\ntest('adds', () => equal(sum(2, 3), 5));\n"]]);
  const run = (now: ReadonlyMap<string, string>) => {
    const failed = Object.entries(checks).filter(([, check]) => !check(load(now.get('src/sum.js') ?? ''))).map(([name]) => name);
    const lines = failed.map((name) => `not ok - ${name}\n  at test/sum.test.js:2:1${stack ? '\n  at src/sum.js:2:10' : ''}`);
    return `${lines.join('\n')}\n# pass ${Object.keys(checks).length - failed.length}\n# fail ${failed.length}\nexit code ${failed.length > 0 ? 1 : 0}`;
  };
  return { files, run };
}

function load(source: string): Record<string, (...values: never[]) => unknown> {
  try {
    return runInNewContext(`${source.replaceAll('export ', '')}; ({ sum, within: globalThis.within })`) as Record<string, (...values: never[]) => unknown>;
  } catch {
    return { sum: () => Number.NaN, within: () => false };
  }
}

const sumIsRight = { adds: (module: Record<string, (...values: never[]) => unknown>) => module['sum']?.(...([2, 3] as never[])) === 5 };
const withinIsRight = { bounds: (module: Record<string, (...values: never[]) => unknown>) => [1, 5, 6].map((value) => module['within']?.(...([value, 1, 5] as never[]))).join() === 'true,true,false' };

const twoFaults = 'export function sum(a, b) {\n  return a - b;\n}\n\nexport function within(value, low, high) {\n  // low < value\n  return value > low && value <= high;\n}\n';

describe('the loop', () => {
  test('runs the tests, follows the failure to the source, edits, and runs them again', () => {
    const { calls, finish, files } = play(nodeWorld('export function sum(a, b) {\n  return a - b;\n}\n', sumIsRight));
    expect(calls).toEqual(['run_tests', 'list_files', 'read test/sum.test.js', 'read src/sum.js', 'edit_file', 'run_tests', 'finish']);
    expect(files.get('src/sum.js')).toContain('return a + b;');
    expect(finish).toEqual({ summary: 'The tests pass; edits tried: 1.', success: true, risk: 'low' });
  });

  test('goes straight to a source that the failure names', () => {
    expect(play(nodeWorld('export function sum(a, b) {\n  return a * b;\n}\n', sumIsRight, true)).calls.slice(2, 4)).toEqual(['read src/sum.js', 'read test/sum.test.js']);
  });

  test.each(Object.entries(shapes))('mends two faults one after the other, with an edit tool for %s', (_, shape) => {
    const { finish, files } = play(nodeWorld(twoFaults, { ...sumIsRight, ...withinIsRight }), {}, shape);
    expect(finish['success']).toBe(true);
    expect(files.get('src/sum.js')).toBe(twoFaults.replace('a - b', 'a + b').replace('value > low', 'value >= low'));
  });

  test('finishes at once when nothing fails', () => {
    expect(play(nodeWorld('export function sum(a, b) {\n  return a + b;\n}\n', sumIsRight)).calls).toEqual(['run_tests', 'finish']);
  });

  test('gives up when no edit helps, and leaves the files as they were', () => {
    const source = 'export function sum(a, b) {\n  return a - b > 7 ? 1 : 0;\n}\n';
    const { finish, files } = play(nodeWorld(source, { never: () => false }));
    expect(finish['success']).toBe(false);
    expect(files.get('src/sum.js')).toBe(source);
  });

  test('tries no more edits than it may', () => {
    const { calls, files } = play(nodeWorld(twoFaults, { never: () => false }), { maxEdits: 3 });
    expect(calls.filter((call) => call === 'edit_file')).toHaveLength(6);
    expect(files.get('src/sum.js')).toBe(twoFaults);
  });

  test('an edit that breaks the file is no progress, although fewer tests fail', () => {
    const outputs = ['2 failed, 3 passed', '1 failed, 0 passed', '0 failed, 5 passed'];
    const world: World = { files: new Map([['a.py', 'def f(a, b):\n    return a - b * 2\n']]), run: () => `a.py:2 ${outputs.shift() ?? ''}` };
    const { calls } = play(world);
    expect(calls).toEqual(['run_tests', 'list_files', 'read a.py', 'edit_file', 'run_tests', 'edit_file', 'edit_file', 'run_tests', 'finish']);
  });

  test('searches for a name when the failure names no file', () => {
    const world: World = { files: new Map([['lib/x.py', 'def total_price(a, b):\n    return a - b\n']]), run: (files) => (files.get('lib/x.py')?.includes('a + b') === true ? '1 passed' : 'total_price is wrong: 1 failed') };
    expect(play(world).calls).toEqual(['run_tests', 'list_files', 'search', 'read lib/x.py', 'edit_file', 'run_tests', 'finish']);
  });

  test('is not asked when the tools of a coder are not offered', () => {
    expect(fixPolicy()({ model: 'm', tools: [tool('read_file', { path: text() })], system: [], turns: [], automaticCache: undefined, maxTokens: 1, isStream: false, stopSequences: [] })).toBeUndefined();
  });
});

describe('an edit that is known', () => {
  const knows = { path: 'src/odd.js', before: 'return nothing;', after: 'return a + b;' };
  const world = (): World => ({ files: new Map([['src/odd.js', 'function odd(a, b) {\n  if (a < b) return 0;\n  return nothing;\n}\n']]), run: (files) => (files.get('src/odd.js')?.includes('a + b') === true ? '1 passed' : '1 failed') });

  test('is made without a trail to its file, and judged by the tests like any other', () => {
    expect(play(world()).finish['success']).toBe(false);
    expect(play(world(), { knows }).calls).toEqual(['run_tests', 'list_files', 'read src/odd.js', 'edit_file', 'run_tests', 'finish']);
  });

  test('follows a wrong one where the model errs', () => {
    const { calls, finish, files } = play(world(), { knows, errorRate: 1 });
    expect(calls.filter((call) => call === 'edit_file').length).toBeGreaterThan(2);
    expect([finish['success'], files.get('src/odd.js')]).toEqual([true, expect.stringContaining('if (a < b) return 0;\n  return a + b;')]);
  });
});

describe('errors on purpose', () => {
  const source = 'export function sum(a, b) {\n  return a - b;\n}\n';
  const editsOf = (options: FixOptions) => play(nodeWorld(source, sumIsRight), options).calls.filter((call) => call === 'edit_file').length;

  test('a wrong edit is judged by the tests, taken back, and the right one follows', () => {
    const { finish, calls, files } = play(nodeWorld(source, sumIsRight), { errorRate: 1 });
    expect(calls.filter((call) => call === 'edit_file')).toHaveLength(3);
    expect(finish['success']).toBe(true);
    expect(files.get('src/sum.js')).toContain('a + b');
  });

  test('a task that is beyond it is given up, or called done all the same', () => {
    const never = { lostRate: 1, maxEdits: 2 };
    expect(play(nodeWorld(source, sumIsRight), never).finish['success']).toBe(false);
    const { finish, files } = play(nodeWorld(source, sumIsRight), { ...never, boastRate: 1 });
    expect([finish['success'], files.get('src/sum.js')]).toEqual([true, source]);
  });

  test('happen as often as asked, and the same way for the same seed', () => {
    const seeds = Array.from({ length: 60 }, (_, seed) => seed);
    const wrong = seeds.filter((seed) => editsOf({ errorRate: 0.3, seed }) > 1);
    expect(wrong.length).toBeGreaterThan(8);
    expect(wrong.length).toBeLessThan(30);
    expect(seeds.filter((seed) => editsOf({ errorRate: 0.3, seed }) > 1)).toEqual(wrong);
  });
});

describe('outputs of test runs', () => {
  const outputs: Record<string, { output: string; isError?: boolean; want: { isPassed: boolean; failures: number; passes: number; places?: readonly object[] } }> = {
    'node: counts of the summary': { output: 'not ok 1 - adds\n# pass 2\n# fail 1', want: { isPassed: false, failures: 1, passes: 2 } },
    'vitest: a stack with an absolute path': { output: ' FAIL  src/a.test.ts > adds\n ❯ /home/dev/src/a.test.ts:5:10\n Tests  1 failed | 4 passed (5)', want: { isPassed: false, failures: 1, passes: 4, places: [{ path: 'src/a.test.ts', line: undefined }, { path: '/home/dev/src/a.test.ts', line: 5 }] } },
    'pytest: a short summary': { output: 'tests/test_a.py:7: AssertionError\n===== 2 failed, 1 passed in 0.1s =====', want: { isPassed: false, failures: 2, passes: 1, places: [{ path: 'tests/test_a.py', line: 7 }] } },
    'a traceback of Python': { output: 'File "calc/core.py", line 12, in total\nValueError: x', want: { isPassed: false, failures: 1, passes: 0, places: [{ path: 'calc/core.py', line: 12 }] } },
    'go: lines alone': { output: '--- FAIL: TestAdd (0.00s)\n    calc_test.go:9: got 1\nFAIL\nexit status 1', want: { isPassed: false, failures: 2, passes: 0, places: [{ path: 'calc_test.go', line: 9 }] } },
    'cargo: the result line': { output: 'test result: FAILED. 3 passed; 1 failed; 0 ignored', want: { isPassed: false, failures: 1, passes: 3 } },
    'JSON with counts': { output: '{"exitCode": 0, "passed": 4, "failed": 0}', want: { isPassed: true, failures: 0, passes: 4 } },
    'an exit code alone': { output: 'exit code 2', want: { isPassed: false, failures: 1, passes: 0 } },
    'all is well': { output: 'ok 1 - adds\n# pass 1\n# fail 0', want: { isPassed: true, failures: 0, passes: 1 } },
    'the tool says that it failed': { output: 'timed out', isError: true, want: { isPassed: false, failures: 1, passes: 0 } },
    'a word about failing in a run that ended well': { output: 'ok - FAILED is a state\nexit code: 0', want: { isPassed: true, failures: 0, passes: 0 } },
    'frames of the runtime and of packages are no places': { output: '1 failed\n at node:internal/main.js:3\n at node_modules/x/y.js:4', want: { isPassed: false, failures: 1, passes: 0, places: [] } },
  };
  test.each(Object.entries(outputs))('%s', (_, { output, isError = false, want }) => {
    expect(readTestOutput(output, isError)).toMatchObject(want);
  });
});

describe('candidate edits', () => {
  const reading = readTestOutput('1 failed: total\n src/a.js:6:1', false);
  const edits = (source: string) => candidateEdits('src/a.js', source, reading).map(({ before, after }) => `${before} -> ${after}`);

  test('the named line comes first, then functions that the output names, then the rest', () => {
    const source = 'function other(a) {\n  return a * 2;\n}\nfunction total(a) {\n  return a / 2;\n  return a < 2;\n}';
    expect(edits(source).slice(0, 3)).toEqual(['  return a < 2; ->   return a <= 2;', '  return a < 2; ->   return a > 2;', '  return a / 2; ->   return a * 2;']);
  });

  test('texts, comments, generics and arrows hold no operators', () => {
    expect(edits("const a: Array<number> = ['x < y', \"p + q\"]; // m - n\n# k * l\nconst f = () => -1;")).toEqual([]);
  });

  test('a line that stands twice takes the line before it along', () => {
    expect(edits('if (x) {\n  y = a + b;\n}\nelse {\n  y = a + b;\n}')).toContain('else {\n  y = a + b; -> else {\n  y = a - b;');
  });

  test('a number that begins with one is not one', () => {
    expect(edits('x = a + 10;')).toEqual(['x = a + 10; -> x = a - 10;', 'x = a + 10; -> x = a * 10;']);
  });
});
