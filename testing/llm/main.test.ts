// The command line, as a process.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { policyNames } from './policies/catalogue.ts';
import { simulatedHeader } from './server.ts';

const main = join(import.meta.dirname, 'main.ts');

function run(...options: readonly string[]): Promise<{ code: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...options], (error, stdout, stderr) => resolve({ code: error?.code ?? 0, output: stdout + stderr }));
  });
}

test('it prints its URL, serves the policy that was asked for, and ends on SIGTERM', async () => {
  const child = spawn(process.execPath, [main, '--policy', 'plan'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    expect(line).toMatch(/^simulated model server \(policy plan\): http:\/\/127\.0\.0\.1:\d+$/);
    const content = '<mission-json>{"goal":"g","agentTypes":["Tester"],"intents":{"Tester":{"RunTests":"Runs tests."}}}</mission-json>';
    const response = await fetch(`${line.split(' ').at(-1)}/v1/messages`, { method: 'POST', headers: { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' }, body: JSON.stringify({ model: 'm', max_tokens: 500, messages: [{ role: 'user', content }] }) });
    expect(response.headers.get(simulatedHeader)).toBe('1');
    expect(JSON.stringify(await response.json())).toContain('RunTests');
  } finally {
    child.kill('SIGTERM');
  }
  expect(await exited).toEqual([0, null]);
});

test('its help names every policy', async () => {
  const { code, output } = await run('--help');
  expect(code).toBe(0);
  for (const name of policyNames) expect(output).toContain(`"${name}"`);
});

const wrong: Record<string, readonly string[]> = { 'a policy that there is not': ['--policy', 'genius'], 'a port that is none': ['--port', 'http'], 'a share above one': ['--error-rate', '2'] };
test.each(Object.entries(wrong))('%s is refused', async (_, options) => {
  const { code, output } = await run(...options);
  expect(code).toBe(1);
  expect(output).toContain(options[0]);
});
