// The Lua of config/argocd, run by Argo CD itself: its command line reads the settings from a file and needs no cluster.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findArgo } from '#devcluster/services/argocd/index.ts';
import { settingsFrom } from '#devcluster/index.ts';
import { stringify } from 'yaml';
import { root } from '../world.ts';

const run = promisify(execFile);
const settings = join(root, 'config', 'argocd', 'argocd-cm.yaml');
const found = findArgo(settingsFrom(process.env));

/** Why the Lua cannot be run here; undefined when it can. */
export const argoIsAbsent = found.kind === 'missing' ? found.why : undefined;
if (argoIsAbsent !== undefined) process.stderr.write(`tests on a real Argo CD are left out: ${argoIsAbsent}\n`);

/** Asks Argo CD about an object: `ask` is a command below `argocd admin settings resource-overrides`. */
async function override(ask: string, object: object, ...args: readonly string[]): Promise<string> {
  if (found.kind === 'missing') throw new Error(found.why);
  const folder = await mkdtemp(join(tmpdir(), 'coditect-argo-'));
  try {
    const file = join(folder, 'object.yaml');
    await writeFile(file, stringify(object));
    const env = { PATH: process.env['PATH'], HOME: folder, TMPDIR: folder, ARGOCD_BINARY_NAME: 'argocd' };
    const { stdout } = await run(found.program.file, ['admin', 'settings', 'resource-overrides', ask, file, ...args, '--argocd-cm-path', settings], { env });
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Health and message of an object. */
export async function argoHealth(object: object): Promise<{ readonly status: string; readonly message: string }> {
  const answer = await override('health', object);
  const line = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(answer)?.[1] ?? '';
  return { status: line('STATUS'), message: line('MESSAGE') };
}

/** Names of the actions that may be done to an object now. */
export async function argoActions(object: object): Promise<readonly string[]> {
  const lines = (await override('list-actions', object)).trim().split('\n').slice(1);
  return lines.map((line) => line.trim().split(/\s+/)).filter(([, disabled]) => disabled === 'false').map(([name = '']) => name);
}

/** What an action changes, as the lines that it adds. */
export async function argoAction(object: object, action: string): Promise<readonly string[]> {
  const difference = await override('run-action', object, action);
  return difference.split('\n').filter((line) => /^[>+]/.test(line)).map((line) => line.replace(/^[>+]\s*/, '').trim());
}
