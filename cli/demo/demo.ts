// `demo`: from nothing to a mission whose goals are proven, and back to nothing. What `make demo` runs.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Surroundings } from '../commands/open.ts';
import { exitCodes } from '../failure.ts';
import { line } from '../terminal/terminal.ts';
import { findCheckout, type Checkout } from './checkout.ts';
import { currentCluster } from './current.ts';
import { gitOpsDemo } from './gitops.ts';
import { installOperator, startAgents } from './install.ts';
import { localCluster } from './local.ts';
import { runDemoMission } from './mission.ts';
import type { Place, PlaceMaker } from './place.ts';
import { openProvider, type Provider } from './provider.ts';
import { repositoryOf } from './repository.ts';
import { createSteps } from './steps.ts';
import { trustFault } from './trust.ts';

const commonSteps = 2;

/** Runs the demo; the exit code tells the mission's outcome. Whatever happens, it ends what it began unless KEEP=1. */
export async function demoCommand({ env: given, ...around }: Surroundings, { trust }: { readonly trust: boolean }): Promise<number> {
  const env = trust ? { ...given, TRUST: '1' } : given;
  const surroundings = { ...around, env };
  const checkout = findCheckout();
  if (isBundled()) return runFromSource(checkout, 'demo', surroundings);
  if (env['GITOPS'] === '1') return gitOpsDemo(surroundings, checkout);
  const { terminal } = surroundings;
  let provider: Provider | undefined;
  const maker = env['CLUSTER'] === 'current' ? currentCluster(surroundings, checkout) : localCluster(surroundings, checkout, env['KEEP'] === '1');
  try {
    provider = env['LLM'] === '1' ? await openProvider(surroundings, checkout) : undefined;
    return await runOn(maker, { surroundings, checkout, provider });
  } catch (error) {
    // What an interrupt breaks is not worth a message.
    if (!surroundings.signal.aborted) throw error;
    return exitCodes.interrupted;
  } finally {
    line(terminal, `\n${await maker.down()}`);
    await provider?.close();
  }
}

interface DemoParts {
  readonly surroundings: Surroundings;
  readonly checkout: Checkout;
  readonly provider: Provider | undefined;
}

async function runOn(maker: PlaceMaker, { surroundings, checkout, provider }: DemoParts): Promise<number> {
  const steps = createSteps(surroundings, maker.steps + commonSteps);
  const place = await maker.up(steps);
  const installing = { surroundings, checkout, place, ...(provider === undefined ? {} : { provider }) };
  await steps.step('installing the operator', (report) => installOperator(installing, report));
  const isolated = await steps.step('starting agents', (report) => startAgents(installing, report));
  const { env } = surroundings;
  const repository = repositoryOf(env['REPO'], checkout.root, env['PWD'] ?? checkout.root);
  const fault = trustFault({ repository, own: checkout.root, trusted: env['TRUST'] === '1', isolated });
  if (fault !== undefined) throw fault;
  line(surroundings.terminal, provider === undefined ? '' : `\nLanguage models: ${provider.label}.\n`);
  return runDemoMission(surroundings, checkout, { place, sample: sampleFor(place, provider) });
}

function sampleFor({ isOwn }: Place, provider: Provider | undefined): string {
  if (provider !== undefined) return 'goal-mission.yaml';
  return isOwn ? 'demo-mission.yaml' : 'examine-mission.yaml';
}

/** The cluster's programs are started from the checkout, so the bundle hands over to the sources. */
export function runFromSource({ root }: Checkout, command: 'demo' | 'shell', { env }: Surroundings): Promise<number> {
  // Ctrl-C reaches the child by itself: it is in the same foreground group.
  const child = spawn(process.execPath, [join(root, 'cli', 'main.ts'), command], { stdio: 'inherit', env: { ...env } });
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve(code ?? exitCodes.trouble)));
}

/** True in the bundle, false in the sources. */
export function isBundled(): boolean {
  return import.meta.filename.endsWith('.js');
}
