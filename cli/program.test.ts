import { describe, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { runProgram, type Host } from './program.ts';
import { fakeTerminal } from './terminal/fake.ts';
import { parseDuration, parseMoment, parseSpeed } from './words.ts';

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
    'a speed that is none': { words: ['replay', 'm', '--speed', 'fast'], says: /expected a speed from 0\.1x to 1000x, or max/ },
    'a time that is none': { words: ['replay', 'm', '--from', 'noon'], says: /expected a time such as 2026-01-31T12:00:00Z/ },
    'a question that nobody can answer': { words: ['stats', '--of', 'luck'], says: /Allowed choices are/ },
    'a number of rows that is none': { words: ['stats', '--limit', '0'], says: /expected a whole number from 1/ },
    'a port that is none': { words: ['dashboard', '--port', 'any'], says: /expected a port from 1 to 65535/ },
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

test.each(['run', 'tree', 'wait', 'logs', 'replay', 'lessons', 'stats', 'dashboard', 'why', 'plan', 'plans', 'plan-diff', 'approve', 'reject', 'approvals', 'artifacts list', 'artifacts get', 'suspend', 'resume', 'stop', 'cancel', 'demo', 'shell'])('%s --help has examples and ends with 0', async (command) => {
  const { code, out } = await run(...command.split(' '), '--help');
  expect(code).toBe(0);
  expect(out).toMatch(/Example/);
});

test('help of the whole tells the exit codes', async () => expect((await run('--help')).out).toContain('Exit codes: 0 succeeded'));

test.each([['90s', 90_000], ['10m', 600_000], ['1h30m', 5_400_000], ['2d', 172_800_000], ['45', 45_000]])('%s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each([['10x', 10], ['0.1', 0.1], ['1000x', 1000], ['max', 'max']])('%s is speed %s', (text, speed) => expect(parseSpeed(text)).toBe(speed));

test.each(['0x', '1001x', '-1x', 'x', '', '1e3'])('%j is no speed', (text) => expect(() => parseSpeed(text)).toThrow('expected a speed'));

test.each(['2026-01-31T12:00:00Z', '2026-01-31T13:00:00.000+01:00', '2026-01-31T12:00Z'])('%s is a moment', (text) => expect(parseMoment(text)).toBe(Date.UTC(2026, 0, 31, 12)));

test.each(['2026-01-31', '2026-31-01T12:00:00Z', 'now', '1769860800'])('%j is no moment', (text) => expect(() => parseMoment(text)).toThrow('expected a time'));
