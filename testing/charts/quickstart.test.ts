// The page for newcomers, executed: each of its commands, as it stands there, on the cluster of this machine.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { settingsFrom } from '#devcluster/index.ts';
import { ensureHelm } from '#devcluster/services/helm/index.ts';
import { root } from '../world.ts';
import { type ChartCluster, startChartCluster } from './cluster.ts';

const run = promisify(execFile);
const helm = await ensureHelm(settingsFrom(process.env));
const reason = helm.kind === 'missing' ? ` (skipped: ${helm.why})` : '';
/** Blocks of commands, in the order of the page. */
const [install = '', look = '', remove = ''] = [...readFileSync(join(root, 'docs', 'quickstart.md'), 'utf8').matchAll(/^```\n([\s\S]+?)^```$/gm)].map(([, commands]) => commands);

describe.skipIf(helm.kind === 'missing')(`the quickstart, on a node that runs pods as processes${reason}`, { timeout: 300_000 }, () => {
  let world: ChartCluster;
  const folder = mkdtempSync(join(tmpdir(), 'quickstart-'));
  beforeAll(async () => {
    world = await startChartCluster(`quickstart-${process.pid}`);
  }, 300_000);
  afterAll(async () => {
    await world?.close();
    rmSync(folder, { recursive: true });
  }, 60_000);

  /** What people see who paste a block into a shell at the root of the repository. */
  async function pasted(commands: string): Promise<string> {
    const programs = helm.kind === 'missing' ? [] : [dirname(helm.file), dirname(world.cluster.kubectl)];
    const env = { PATH: [...programs, process.env['PATH']].join(delimiter), KUBECONFIG: world.cluster.kubeconfig, HOME: folder };
    return (await run('sh', ['-e', '-c', commands], { cwd: root, env })).stdout;
  }

  test('leads from nothing to a finished mission with five commands, shows it, and takes it all away again', async () => {
    expect(install.trim().split('\n')).toHaveLength(5);
    expect(await pasted(install)).toMatch(/missions?\.coditect\.ai\/first condition met/);
    const seen = await pasted(look);
    expect(seen).toMatch(/mission\.coditect\.ai\/first +TasksSucceeded/);
    expect(seen).toContain('agentpool.coditect.ai/crew');
    await pasted(remove);
    await expect(world.kubectl(['get', 'missions.coditect.ai', '-A'])).resolves.toBe('');
  });
});
