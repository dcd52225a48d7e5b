// Answers that are no plan by their text alone, each with the fault that a model is told.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxDepth, readJsonAt } from './json-reader.ts';
import { answerLimits, readPlan } from './read-plan.ts';
import { answerOf, questionOf, runTests } from './testing.ts';

const good = answerOf([runTests]);
const faultsOf = (text: string) => {
  const read = readPlan(text, questionOf());
  return read.kind === 'faults' ? read.faults : ['no fault'];
};
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;

/** Each text is refused with one fault that contains `want`. */
const refused: Record<string, { text: string; want: string }> = {
  'nothing': { text: '', want: 'the answer holds no JSON object' },
  'prose': { text: 'I cannot plan this, sorry.', want: 'the answer holds no JSON object' },
  'prose with a word in braces': { text: 'Put {name} there.', want: 'the answer holds no JSON object' },
  'a list': { text: `[${'1, '.repeat(3)}2]`, want: 'the answer holds no JSON object' },
  'a text': { text: '"a plan"', want: 'the answer holds no JSON object' },
  'null bytes alone': { text: '\u0000\u0000', want: 'the answer holds no JSON object' },
  'two different objects': { text: `${good}\n${answerOf([])}`, want: 'the answer holds two different JSON objects: give one' },
  'two different fenced objects': { text: `\`\`\`json\n${good}\n\`\`\`\nor\n\`\`\`json\n{}\n\`\`\``, want: 'two different JSON objects' },
  'an object that is cut': { text: good.slice(0, -1), want: 'the text ends before the JSON does' },
  'a text that is cut': { text: good.slice(0, 15), want: 'the text ends before the JSON does' },
  'a lone brace': { text: '{', want: 'JSON, line 1, column 2: the text ends before the JSON does' },
  'a comma before the end of an object': { text: good.replace(/\}$/, ',}'), want: 'a comma stands before }' },
  'a comma before the end of a list': { text: good.replace(']}', ',]}'), want: 'a comma stands before ]' },
  'a comma too many': { text: '{"summary": "x",, "tasks": []}', want: 'line 1, column 17: expected a key in double quotes, found ,' },
  'a comma too few': { text: '{"summary": "x" "tasks": []}', want: 'expected a comma or }, found "' },
  'single quotes': { text: "{'summary': 'x', 'tasks': []}", want: "expected a key in double quotes, found '" },
  'keys without quotes': { text: '{summary: "x", tasks: []}', want: 'expected a key in double quotes, found s' },
  'curly quotes': { text: '{“summary”: “x”}', want: 'expected a key in double quotes, found U+201C' },
  'a comment': { text: '{"summary": "x", // why\n"tasks": []}', want: 'comments are not JSON' },
  'a comment at the end': { text: '{"summary": "x" /* why */, "tasks": []}', want: 'comments are not JSON' },
  'no colon': { text: '{"summary" "x"}', want: 'expected a colon after "summary"' },
  'no value': { text: '{"summary": }', want: 'expected a value, found }' },
  'a key twice': { text: '{"summary": "x", "summary": "y", "tasks": []}', want: 'line 1, column 18: the key "summary" occurs twice in one object' },
  'a key twice, once with an escape': { text: '{"tasks": [], "summary": "x", "\\u0074asks": []}', want: 'the key "tasks" occurs twice in one object' },
  'a key twice deep inside': { text: answerOf([]).replace('[]', '[{"name": "a", "name": "b"}]'), want: 'the key "name" occurs twice in one object' },
  'the prototype as a key': { text: '{"__proto__": {"maxTasks": 9}, "summary": "x", "tasks": []}', want: 'the key "__proto__" is not allowed' },
  'NaN': { text: '{"summary": NaN}', want: 'NaN is no JSON value' },
  'Infinity': { text: '{"summary": -Infinity}', want: '-Infinity is no JSON value' },
  'undefined': { text: '{"summary": undefined}', want: 'undefined is no JSON value' },
  'Python': { text: '{"summary": True}', want: 'True is no JSON value' },
  'a hexadecimal number': { text: '{"summary": 0x1F}', want: '0x1F is no JSON value' },
  'a number with a leading zero': { text: '{"summary": 007}', want: '007 is no JSON value' },
  'a number with a plus': { text: '{"summary": +1}', want: '+1 is no JSON value' },
  'a number without an end': { text: '{"summary": 1.}', want: '1. is no JSON value' },
  'a number beyond all bounds': { text: '{"summary": 1e999}', want: '1e999 is too large a number' },
  'a number of many digits': { text: `{"summary": ${'9'.repeat(400)}}`, want: 'is too large a number' },
  'a null byte in a text': { text: '{"summary": "a\u0000b"}', want: 'expected the end of a string, found U+0000' },
  'an escaped null character': { text: '{"summary": "a\\u0000b"}', want: 'a null character in a string' },
  'a line break in a text': { text: '{"summary": "a\nb"}', want: 'expected the end of a string, found U+000A' },
  'an escape that is none': { text: String.raw`{"summary": "a\x41"}`, want: String.raw`"\\x" is no escape of JSON` },
  'half of a surrogate pair': { text: String.raw`{"summary": "\ud83d"}`, want: 'half of a surrogate pair' },
  'a wide space between keys': { text: '{"summary": "x",\u00a0"tasks": []}', want: 'expected a key in double quotes, found U+00A0' },
  'a list deeper than the limit': { text: `{"summary": ${deep(maxDepth)}}`, want: `nested deeper than ${maxDepth}` },
  'a list of a hundred thousand levels': { text: `{"summary": ${deep(100_000)}}`, want: `nested deeper than ${maxDepth}` },
  'an object of a thousand levels': { text: '{"a":'.repeat(1000), want: `nested deeper than ${maxDepth}` },
  'more than 256 KiB': { text: `${good}${' '.repeat(300 * 1024)}`, want: 'the answer has more than 262144 bytes' },
  'more than 256 KiB in fewer characters': { text: answerOf([runTests], { summary: 'ä'.repeat(200_000) }), want: 'the answer has more than 262144 bytes' },
};

describe('texts that are refused', () => {
  test.each(Object.entries(refused))('%s', (_, { text, want }) => {
    expect(faultsOf(text)).toEqual([expect.stringContaining(want)]);
  });
});

describe('texts that are tolerated', () => {
  const taken: Record<string, string> = {
    'the object alone': good,
    'space and a byte order mark before it': `\ufeff \n${good}`,
    'a fenced block': `\`\`\`json\n${good}\n\`\`\``,
    'prose around a fenced block': `Here is {the plan}:\n\n\`\`\`\n${JSON.stringify(JSON.parse(good), null, 2)}\n\`\`\`\nIt has 1 task [sic].`,
    'prose before it on the same line': `The plan: ${good} - done.`,
    'the same object twice, written differently': `${good}\n\n${JSON.stringify(JSON.parse(good), null, 2)}`,
    'exactly 256 KiB': good.padEnd(answerLimits.bytes),
  };
  test.each(Object.entries(taken))('%s', (_, text) => {
    expect(readPlan(text, questionOf())).toMatchObject({ kind: 'plan', summary: 'Runs the tests.', tasks: [{ name: 'run-tests' }] });
  });

  test('a long summary is cut, and told in plain text', () => {
    const read = readPlan(answerOf([runTests], { summary: `\u001b[31m${'x'.repeat(2000)}` }), questionOf());
    expect(read.kind === 'plan' && [read.summary.length, read.summary.slice(0, 6)]).toEqual([1024, '\\u001b']);
  });
});

describe('readJsonAt', () => {
  test('reads what JSON.parse reads, and to its end', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), fc.nat({ max: 2 }), (json, space) => {
        const text = JSON.stringify(JSON.parse(json), null, space);
        fc.pre(!/__proto__|\\u0000|\\ud[89a-f]/i.test(text));
        expect(readJsonAt(`  ${text},`, 2)).toEqual({ kind: 'value', value: JSON.parse(text), end: text.length + 2 });
      }),
    );
  });

  test('refuses whatever JSON.parse refuses', () => {
    const pieces = fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '"a"', '1', '-', '.5', 'e3', 'true', 'nul', '\\', '\\u00', ' ', '\n', '/', '\u0000'), { maxLength: 14 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(pieces, (text) => {
        const read = readJsonAt(text, 0);
        fc.pre(read.kind === 'value');
        expect(JSON.parse(text.slice(0, read.kind === 'value' ? read.end : 0))).toEqual(read.kind === 'value' ? read.value : undefined);
      }),
    );
  });

  test('leaves prototypes alone', () => {
    readPlan('{"constructor": {"prototype": {"polluted": 1}}, "summary": "x", "tasks": []}', questionOf());
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
