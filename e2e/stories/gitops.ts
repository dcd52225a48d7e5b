// Missions in Git, applied by a real Argo CD: the steps that make demo-gitops shows, held against the product.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGitOps } from '#cli/demo/gitops/hands.ts';
import { gitOpsSteps } from '#cli/demo/gitops/story.ts';
import { settingsFrom } from '#devcluster/index.ts';
import { whyNoArgo } from '#devcluster/services/argocd/index.ts';
import { images, root } from '#testing/world.ts';
import type { Story, StoryWorld } from '../story.ts';

const settings = settingsFrom(process.env);

export const gitOpsStory: Story = {
  name: 'missions in Git: applied, shown, healed, pruned and steered by a real Argo CD, and 100 syncs and a TTL change nothing',
  limitSeconds: 600,
  skip: () => whyNoArgo(settings),
  async run(world) {
    const folder = await mkdtemp(join(tmpdir(), 'coditect-gitops-'));
    const abort = new AbortController();
    try {
      return await tell(world, folder, abort.signal);
    } finally {
      abort.abort();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};

async function tell({ cluster }: StoryWorld, folder: string, signal: AbortSignal): Promise<string> {
  const { cacheFolder, programPath } = settings;
  const gitOps = await openGitOps({ cluster, agentImage: images.agent, folder, cacheFolder, programPath, root, env: process.env, signal }, () => {});
  const lines: string[] = [];
  try {
    for (const { text, run } of gitOpsSteps) {
      const began = performance.now();
      lines.push(`${text}: ${await run(gitOps)} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    }
    return lines.join('\n');
  } finally {
    await gitOps.close();
  }
}
