// Runs the stories of a real installation on a node with real pods: node e2e/kubelet/main.ts [part of a story's name ...]
import { settingsFrom, whyNoKubelet } from '#devcluster/index.ts';
import { findHelm, type FoundHelm } from '#testing/charts/helm.ts';
import { chosen, conclude, runStories, skipped } from '../run.ts';
import type { Story, StoryResult } from '../story.ts';
import { whyNoDebian } from './images.ts';
import { scaleStory, upgradeStory } from './stories/change.ts';
import { demoStory } from './stories/demo.ts';
import { agentStory, leaderStory, runtimeStory } from './stories/faults.ts';
import { installStory } from './stories/install.ts';
import { jailStory } from './stories/jail.ts';
import { auditStory, uninstallStory } from './stories/leave.ts';
import { plannedStory } from './stories/planned.ts';
import { createKubeletWorld, type KubeletWorld, type KubeletWorldOptions } from './world.ts';

/** In this order: the first one installs what the others use, and the last ones remove it and look back. */
const stories: readonly Story<KubeletWorld>[] = [installStory, demoStory, plannedStory, leaderStory, agentStory, runtimeStory, jailStory, upgradeStory, scaleStory, uninstallStory, auditStory];

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const wanted = chosen(stories, process.argv.slice(2), say);
if (wanted === undefined) process.exit(2);
const all = wanted.includes(installStory) ? wanted : [installStory, ...wanted];
const settings = settingsFrom(process.env);
const helm = await helmUnless(whyNoKubelet(settings) ?? whyNoDebian({ cacheFolder: settings.cacheFolder, path: settings.programPath }));
const results = helm.kind === 'found' ? await runAll(helm.open) : all.map(({ name }) => skipped({ story: name, node: 'kubelet' }, helm.why, say));
process.exit(await conclude(stories, { node: 'kubelet', results }, say));

/** Helm is built only where it is of use. */
async function helmUnless(why: string | undefined): Promise<FoundHelm> {
  return why === undefined ? findHelm(process.env) : { kind: 'missing', why };
}

async function runAll(openHelm: KubeletWorldOptions['helm']): Promise<readonly StoryResult[]> {
  const world = await createKubeletWorld(`e2e-kubelet-${process.pid}`, { settings, helm: openHelm, say });
  // Without an installation the others have nothing to look at.
  const isLast = ({ story, result }: StoryResult) => story === installStory.name && result === 'failed';
  return runStories(all, { world, node: 'kubelet', say }, () => world.close(), isLast);
}
