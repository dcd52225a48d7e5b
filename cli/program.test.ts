import { describe, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { parseDuration, runProgram, type Host } from './program.ts';
import { fakeTerminal } from './terminal/fake.ts';

async function run(...words: readonly string[]) {
  let out = '';
  let err = '';
  const unused = () => {
    throw new Error('no command may start');
  };
  const host: Host = { session: unused, surroundings: { terminal: fakeTerminal(), clock: new ManualClock(), signal: AbortSignal.abort(), env: {} }, write: (text) => (out += text), complain: (text) => (err += text) };
  const code = await runProgram(words, host);
  return { code, out, err };
}

describe('wrong usage is one line with the next step, and exit code 2', () => {
  const cases: Record<string, { words: readonly string[]; says: RegExp }> = {
    'an unknown command': { words: ['rnu'], says: /unknown command 'rnu'/ },
    'a missing argument': { words: ['wait'], says: /missing required argument 'mission'/ },
    'an unknown option': { words: ['tree', 'm', '--fast'], says: /unknown option '--fast'/ },
    'a missing file': { words: ['run'], says: /required option '-f, --filename <file>'/ },
    'a duration that is none': { words: ['wait', 'm', '--timeout', 'soon'], says: /expected a duration such as 90s/ },
    'an output format that does not exist': { words: ['why', 'm', '-o', 'xml'], says: /Allowed choices are json/ },
    'a plan of no file': { words: ['plan'], says: /required option '-f, --filename <file>'/ },
    'a revision that is none': { words: ['plan-diff', 'm', 'first'], says: /expected the number of a revision, for example 2/ },
    'one argument too many': { words: ['wait', 'a', 'b'], says: /too many arguments/ },
  };
  test.each(Object.entries(cases))('%s', async (_, { words, says }) => {
    const { code, err } = await run(...words);
    expect(code).toBe(2);
    expect(err).toMatch(says);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(err).toMatch(/^error: .* ; next: kubectl mission --help\n$/);
  });
});

test.each(['run', 'tree', 'wait', 'logs', 'why', 'plan', 'plans', 'plan-diff', 'approve', 'reject', 'approvals', 'artifacts list', 'artifacts get', 'suspend', 'resume', 'stop', 'cancel', 'demo', 'shell'])('%s --help has examples and ends with 0', async (command) => {
  const { code, out } = await run(...command.split(' '), '--help');
  expect(code).toBe(0);
  expect(out).toMatch(/Example/);
});

test('help of the whole tells the exit codes', async () => expect((await run('--help')).out).toContain('Exit codes: 0 succeeded'));

test.each([['90s', 90_000], ['10m', 600_000], ['1h30m', 5_400_000], ['45', 45_000]])('%s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));
