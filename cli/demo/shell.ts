// `shell`: the user's shell, in which kubectl and kubectl mission reach the demo's cluster.
import { spawn } from 'node:child_process';
import type { Cluster } from '#devcluster/index.ts';
import type { Surroundings } from '../commands/open.ts';
import { exitCodes } from '../failure.ts';
import { line } from '../terminal/terminal.ts';
import { findCheckout, type Checkout } from './checkout.ts';
import { isBundled, runFromSource } from './demo.ts';
import { installOperator, startAgents } from './install.ts';
import { makeLaunchers } from './launcher.ts';
import { findDemoCluster, localCluster } from './local.ts';
import { demoNamespace } from './place.ts';
import { createSteps } from './steps.ts';

/** Opens a shell on the demo's cluster; one that is not up is started for as long as the shell is open. */
export async function shellCommand(surroundings: Surroundings): Promise<number> {
  const checkout = findCheckout();
  if (isBundled()) return runFromSource(checkout, 'shell', surroundings);
  const kept = findDemoCluster(surroundings.env);
  return kept === undefined ? startAndOpen(surroundings, checkout) : openShell(surroundings, checkout, kept);
}

async function startAndOpen(surroundings: Surroundings, checkout: Checkout): Promise<number> {
  const maker = localCluster(surroundings, checkout, false);
  try {
    const steps = createSteps(surroundings, maker.steps + 2);
    const place = await maker.up(steps);
    const installing = { surroundings, checkout, place };
    await steps.step('installing the operator', (report) => installOperator(installing, report));
    await steps.step('starting agents', (report) => startAgents(installing, report));
    line(surroundings.terminal, `the repository is served at ${place.gitUrl}`);
    return await openShell(surroundings, checkout, place.cluster);
  } finally {
    line(surroundings.terminal, await maker.down());
  }
}

async function openShell({ env, terminal }: Surroundings, checkout: Checkout, cluster: Cluster): Promise<number> {
  const bin = await makeLaunchers(cluster.folder, cluster.kubectl, checkout);
  const shell = env['SHELL'] ?? '/bin/sh';
  terminal.note(`cluster ${cluster.name}: kubectl and kubectl mission reach it from this shell; missions of the demo are in namespace ${demoNamespace}; exit ends the shell`);
  const child = spawn(shell, [], { stdio: 'inherit', env: { ...env, KUBECONFIG: cluster.kubeconfig, PATH: `${bin}:${env['PATH'] ?? '/usr/bin:/bin'}` } });
  return new Promise((resolve, reject) => child.once('error', reject).once('close', (code) => resolve(code ?? exitCodes.trouble)));
}
