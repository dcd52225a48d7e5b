import { describe, expect, test } from 'vitest';
import { findCheckout } from './checkout.ts';
import { openProvider } from './provider.ts';

const { root } = findCheckout();
const env = { PATH: process.env['PATH'] };

describe('who answers the demo', () => {
  test('a real provider when there is a key, at the address that is told', async () => {
    const real = await openProvider({ env: { ...env, ANTHROPIC_API_KEY: 'k' } }, { root });
    expect(real).toMatchObject({ url: 'https://api.anthropic.com', key: 'k', label: 'the models of https://api.anthropic.com' });
    expect(await openProvider({ env: { ...env, ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' } }, { root })).toMatchObject({ url: 'http://127.0.0.1:9' });
  });

  test('else a script that says what it is, and ends with the demo', async () => {
    const scripted = await openProvider({ env }, { root });
    expect(scripted.label).toContain('SIMULATION');
    const answer = await fetch(`${scripted.url}/v1/messages`, { method: 'POST', headers: { 'x-api-key': scripted.key, 'anthropic-version': '2023-06-01' }, body: '{}' });
    expect([answer.status, answer.headers.get('x-coditect-simulated')]).toEqual([400, '1']);
    await scripted.close();
    await expect(fetch(scripted.url)).rejects.toThrow('fetch failed');
  });

  test('a script that does not start is refused with what to do', async () => {
    await expect(openProvider({ env }, { root: '/nowhere' })).rejects.toThrow(/it ended without a word/);
  });
});
