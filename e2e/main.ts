// Runs the end-to-end stories on a cluster of their own: node e2e/main.ts [part of a story's name ...]
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#platform/errors.ts';
import { badObjectsStory } from './stories/bad-objects.ts';
import { canariesStory } from './stories/canaries.ts';
import { obedientPolicy } from './stories/canaries/obedient.ts';
import { demoMissionStory } from './stories/demo-mission.ts';
import { eventsStory, lostLogStory } from './stories/events.ts';
import { apiServerStory, killsStory } from './stories/faults.ts';
import { deliveryStory, liarsStory, verifierStory } from './stories/evidence.ts';
import { deletionStory, explainStory, kubectlStory } from './stories/kubectl.ts';
import { privateCloneStory } from './stories/private-clone.ts';
import { publishedPackagesStory } from './stories/published-packages.ts';
import { plannerStory } from './stories/planner.ts';
import { lessonsStory, taughtPolicy } from './stories/lessons.ts';
import { gitOpsStory } from './stories/gitops.ts';
import { pageStory } from './stories/page.ts';
import { retoldStory } from './stories/retold.ts';
import { lostStoresStory } from './stories/stores.ts';
import { thinkingStory } from './stories/thinking.ts';
import type { Story, StoryResult, StoryWorld } from './story.ts';
import { firstOf } from '#testing/llm/policy.ts';
import { policyOf } from '#testing/llm/policies/catalogue.ts';
import { startModelServer } from '#testing/llm/server.ts';
import { createWorld, root } from '#testing/world.ts';

const stories: readonly Story[] = [demoMissionStory, eventsStory, lostLogStory, lostStoresStory, liarsStory, verifierStory, deliveryStory, plannerStory, thinkingStory, lessonsStory, canariesStory, kubectlStory, explainStory, badObjectsStory, deletionStory, pageStory, publishedPackagesStory, privateCloneStory, killsStory, apiServerStory, gitOpsStory, retoldStory];

const wanted = process.argv.slice(2);
const chosen = stories.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
if (chosen.length === 0) {
  say(`no story is called ${wanted.join(' or ')}; there are:\n${stories.map(({ name }) => `  ${name}`).join('\n')}`);
  process.exit(2);
}
const results = await runAll(chosen);
await mkdir(join(root, 'e2e', 'results'), { recursive: true });
await writeFile(join(root, 'e2e', 'results', 'latest.json'), `${JSON.stringify(results, undefined, 2)}\n`);
const count = (result: StoryResult['result']) => results.filter((one) => one.result === result).length;
say(`e2e: ${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
process.exit(count('failed') === 0 ? 0 : 1);

async function runAll(all: readonly Story[]): Promise<readonly StoryResult[]> {
  const models = await startModelServer({ policy: firstOf(obedientPolicy, taughtPolicy, policyOf('demo', { callsAtOnce: true })) });
  const world = await createWorld(`e2e-${process.pid}`, { say, upstreamUrl: models.url, withEvents: true });
  const close = () => Promise.all([world.close(), models.close()]);
  const stop = (): void => void close().finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const done: StoryResult[] = [];
  try {
    for (const story of all) done.push(await runOne(story, { ...world, models }));
  } finally {
    await close();
  }
  return done;
}

async function runOne(story: Story, world: StoryWorld): Promise<StoryResult> {
  const reason = story.skip?.(world);
  const base = { story: story.name, node: 'process' } as const;
  if (reason !== undefined) {
    say(`skipped  ${story.name}: ${reason}`);
    return { ...base, result: 'skipped', reason, seconds: 0 };
  }
  const began = performance.now();
  const seconds = () => Math.round((performance.now() - began) / 100) / 10;
  try {
    const note = await within(story.limitSeconds, story.run(world));
    say(`passed   ${story.name} (${seconds()} s)${note === undefined ? '' : `\n${note.replaceAll(/^/gm, '         ')}`}`);
    return { ...base, result: 'passed', reason: note ?? '', seconds: seconds() };
  } catch (error) {
    say(`FAILED   ${story.name} (${seconds()} s): ${messageOf(error)}`);
    return { ...base, result: 'failed', reason: messageOf(error), seconds: seconds() };
  }
}

function within<T>(limitSeconds: number, work: Promise<T>): Promise<T> {
  const limit = new Promise<never>((_, reject) => setTimeout(() => reject(new Error(`not done after ${limitSeconds} s`)), limitSeconds * 1000).unref());
  return Promise.race([work, limit]);
}
