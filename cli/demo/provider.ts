// Who answers when the demo asks a language model: a real provider when there is a key, else a scripted one, which says what it is.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Surroundings } from '../commands/open.ts';
import { Refusal } from '../failure.ts';
import type { Checkout } from './checkout.ts';

export interface Provider {
  /** For people: what answers. */
  readonly label: string;
  /** Where its Messages API is. */
  readonly url: string;
  readonly key: string;
  close(): Promise<void>;
}

const anthropicUrl = 'https://api.anthropic.com';

/** The provider of this demo. */
export async function openProvider({ env }: Pick<Surroundings, 'env'>, { root }: Pick<Checkout, 'root'>): Promise<Provider> {
  const { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: url = anthropicUrl } = env;
  if (key !== undefined && key !== '') return { label: `the models of ${url}`, url, key, close: () => Promise.resolve() };
  const child = spawn(process.execPath, [join(root, 'testing', 'llm', 'main.ts'), '--policy', 'demo'], { env: { ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  const simulated = await firstUrl(child);
  return { label: 'a SIMULATION: scripts answer, not a model. Set ANTHROPIC_API_KEY for a real one', url: simulated, key: 'simulated', close: () => ended(child) };
}

async function firstUrl(child: ChildProcess): Promise<string> {
  for await (const text of createInterface({ input: child.stdout ?? process.stdin })) {
    const url = /https?:\/\/\S+/.exec(text)?.[0];
    if (url !== undefined) return url;
  }
  throw new Refusal('start the scripted provider of models: it ended without a word', 'run node testing/llm/main.ts to see why, or set ANTHROPIC_API_KEY');
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
