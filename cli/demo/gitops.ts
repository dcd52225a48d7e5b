// `make demo-gitops`: missions in Git, applied by a real Argo CD, on a cluster of this machine; and back to nothing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsFrom } from '#devcluster/index.ts';
import type { Surroundings } from '../commands/open.ts';
import { exitCodes } from '../failure.ts';
import { line } from '../terminal/terminal.ts';
import type { Checkout } from './checkout.ts';
import { type GitOps, openGitOps } from './gitops/hands.ts';
import { gitOpsSteps } from './gitops/story.ts';
import { installOperator } from './install.ts';
import { localCluster } from './local.ts';
import { createSteps } from './steps.ts';

const commonSteps = 2;

/** Runs the story step by step, with what was seen below each. Whatever happens, it ends what it began unless KEEP=1. */
export async function gitOpsDemo(surroundings: Surroundings, checkout: Checkout): Promise<number> {
  const { env, signal, terminal } = surroundings;
  const maker = localCluster(surroundings, checkout, env['KEEP'] === '1');
  const folder = await mkdtemp(join(tmpdir(), 'coditect-gitops-'));
  let gitOps: GitOps | undefined;
  try {
    const steps = createSteps(surroundings, maker.steps + commonSteps + gitOpsSteps.length);
    const place = await maker.up(steps);
    await steps.step('installing the operator', (report) => installOperator({ surroundings, checkout, place }, report));
    const { cacheFolder, programPath } = settingsFrom(env);
    const where = { cluster: place.cluster, agentImage: place.images.agent, folder, cacheFolder, programPath, root: checkout.root, env, signal };
    const opened = await steps.step('starting Argo CD with config/argocd/argocd-cm.yaml (built once, about ten minutes)', (report) => openGitOps(where, report));
    gitOps = opened;
    for (const { text, run } of gitOpsSteps) line(terminal, `      ${await steps.step(text, () => run(opened))}`);
    return exitCodes.ok;
  } catch (error) {
    // What an interrupt breaks is not worth a message.
    if (!signal.aborted) throw error;
    return exitCodes.interrupted;
  } finally {
    await gitOps?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    line(terminal, `\n${await maker.down()}`);
  }
}
