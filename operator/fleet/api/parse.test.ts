import { Code, ConnectError } from '@connectrpc/connect';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MissionSpec } from '#api/v1alpha1/mission.ts';
import { keyFrom, strictly } from './parse.ts';

const task = (more: object = {}) => ({ name: 'a', type: 'Tester', intent: { action: 'RunTests' }, ...more });
const spec = (more: object = {}) => ({ goal: 'g', tasks: [task()], ...more });

function faultOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return `${Code[code]} ${rawMessage}`;
  }
  return 'accepted';
}

const parsed = (text: string, limit = 10_000) => faultOf(() => strictly(MissionSpec, text, 'spec_json', limit));

const cases: Record<string, { text: string; want: string | RegExp }> = {
  'a valid spec passes': { text: JSON.stringify(spec()), want: 'accepted' },
  'an unknown field is named with its path': { text: JSON.stringify(spec({ tasks: [task(), task({ name: 'b', retryPolicy: { limits: 3 } })] })), want: 'InvalidArgument spec_json.tasks[1].retryPolicy.limits: is not a field of the schema' },
  'an unknown field at the top is refused': { text: JSON.stringify(spec({ paralellism: 3 })), want: /spec_json\.paralellism: is not a field/ },
  'free-form parameters may have any key': { text: JSON.stringify(spec({ tasks: [task({ intent: { action: 'RunTests', params: { any: { thing: [1, { deep: true }] } } } })] })), want: 'accepted' },
  'a wrong value is named with its path': { text: JSON.stringify(spec({ tasks: [task({ name: 'Not A Label' })] })), want: /^InvalidArgument spec_json\.tasks\[0\]\.name: / },
  'a missing field is named': { text: '{}', want: /^InvalidArgument spec_json\.goal: / },
  'text that is no JSON is refused': { text: '{"goal":', want: /^InvalidArgument spec_json: is not JSON/ },
  'JSON that is no object is refused': { text: '"goal"', want: /^InvalidArgument spec_json: / },
  'a key that would change the prototype is refused': { text: '{"goal":"g","__proto__":{"tasks":[]}}', want: /^InvalidArgument spec_json\.__proto__: / },
};
test.each(Object.entries(cases))('%s', (_, { text, want }) => expect(parsed(text)).toMatch(want));

test('the limit counts bytes, not characters', () => {
  expect(parsed(JSON.stringify(spec({ goal: 'ö'.repeat(20) })), 100)).toMatch(/^InvalidArgument spec_json: \d+ bytes, the limit is 100/);
});

test('JSON that is nested without end is refused and breaks nothing', () => {
  const deep = `{"goal":"g","tasks":[{"name":"a","type":"T","intent":{"action":"A","params":{"x":${'['.repeat(30_000)}${']'.repeat(30_000)}}}}]}`;
  expect(parsed(deep, 100_000)).toBe('InvalidArgument spec_json: nested deeper than 64');
});

test('whatever comes in, the answer is a value or INVALID_ARGUMENT', () => {
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (text) => /^(accepted|InvalidArgument spec_json)/.test(parsed(text))));
  expect(parsed('[]')).toMatch(/^InvalidArgument/);
});

const keys: Record<string, { key: { namespace: string; name: string } | undefined; want: string | RegExp }> = {
  'a key passes': { key: { namespace: 'team-a', name: 'm' }, want: 'accepted' },
  'a missing key is named': { key: undefined, want: 'InvalidArgument mission: must be set' },
  'an empty namespace is named': { key: { namespace: '', name: 'm' }, want: /^InvalidArgument mission\.namespace: / },
  'a name cannot leave its path': { key: { namespace: 'team-a', name: '../secrets/x' }, want: /^InvalidArgument mission\.name: / },
};
test.each(Object.entries(keys))('%s', (_, { key, want }) => expect(faultOf(() => keyFrom(key, 'mission'))).toMatch(want));
