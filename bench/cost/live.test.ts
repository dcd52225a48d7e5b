// The live way, without a model: what it refuses, and the whole of it against the scripted server.
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { bySkill } from '#testing/llm/policies/skill.ts';
import { type ModelServer, startModelServer } from '#testing/llm/server.ts';
import { makeCertificates } from './certificates.ts';
import { readMissions } from './corpus/missions.ts';
import { run } from './folders.ts';
import { liveSettings, measureLive } from './live.ts';

const key = { LIVE: '1', ANTHROPIC_API_KEY: 'k' };
const cases: Record<string, { env: Record<string, string>; want: object }> = {
  'is off unless asked for': { env: { ANTHROPIC_API_KEY: 'k' }, want: { kind: 'off' } },
  'is off with 0': { env: { ...key, LIVE: '0' }, want: { kind: 'off' } },
  'needs a key': { env: { LIVE: '1', MAX_USD: '5' }, want: { kind: 'refused', message: expect.stringContaining('set ANTHROPIC_API_KEY') } },
  'needs a limit': { env: key, want: { kind: 'refused', message: expect.stringContaining('set MAX_USD') } },
  'needs a limit that is an amount': { env: { ...key, MAX_USD: '-5' }, want: { kind: 'refused' } },
  'needs a limit above nothing': { env: { ...key, MAX_USD: '0' }, want: { kind: 'refused' } },
  'takes whole dollars': { env: { ...key, MAX_USD: '5' }, want: { kind: 'live', provider: { url: 'https://api.anthropic.com', key: 'k' }, maxUsd: '5.00' } },
  'takes another provider': { env: { ...key, MAX_USD: '2.50', ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' }, want: { kind: 'live', provider: { url: 'http://127.0.0.1:1' }, maxUsd: '2.50' } },
};
test.each(Object.entries(cases))('a live run %s', (_, { env, want }) => {
  expect(liveSettings(env)).toMatchObject(want);
});

test('the bench says what it misses before it does anything', async () => {
  const { exitCode, stdout, stderr } = await run(import.meta.dirname, ['node', join(import.meta.dirname, 'main.ts')], { LIVE: '1', ANTHROPIC_API_KEY: '' });
  expect([exitCode, stdout, stderr]).toEqual([2, '', 'LIVE=1 asks real models and needs a key; set ANTHROPIC_API_KEY, or leave LIVE out to run the simulation\n']);
});

let server: ModelServer | undefined;
afterEach(() => server?.close());

async function live(maxUsd: string) {
  server = await startModelServer({ policy: bySkill({}), isKeyValid: (sent) => sent === 'the-key' });
  const settings = liveSettings({ LIVE: '1', MAX_USD: maxUsd, ANTHROPIC_API_KEY: 'the-key', ANTHROPIC_BASE_URL: server.url });
  if (settings.kind !== 'live') throw new Error('the settings are right');
  const [missions, people] = await Promise.all([readMissions(), makeCertificates()]);
  const said: string[] = [];
  const { rows, failed } = await measureLive(settings, missions.filter(({ name }) => name.startsWith('shop')), people, (line) => void said.push(line));
  return { values: Object.fromEntries(rows.map(({ id, value }) => [id, value])), rows, failed, said: said.join('\n') };
}

test('it measures a sample over the address and the key that it was given', { timeout: 120_000 }, async () => {
  const { values, rows, failed, said } = await live('5');
  expect(failed).toEqual([]);
  expect(values).toMatchObject({ live_pass_count_ratio: 1 });
  expect(values['live_cost_ratio_corpus']).toBeGreaterThan(1);
  expect(rows.every(({ source }) => source === 'live')).toBe(true);
  expect(said).toContain('naive: 2 missions, at most 1.67 USD');
});

test('nobody spends more than there is, and missions without money have failed', { timeout: 120_000 }, async () => {
  const { failed } = await live('0.30');
  expect(failed.map(({ why }) => why ?? '').filter((why) => why.includes('USD left of 0.10'))).not.toEqual([]);
  const spent = failed.reduce((sum, { usage }) => sum + usage.settled.costMicroUsd, 0);
  expect(spent).toBeLessThanOrEqual(300_000);
});
