// Runs the end-to-end stories on a cluster of their own: node e2e/main.ts [part of a story's name ...]
import { chosen, conclude, runStories } from './run.ts';
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
import type { Story, StoryResult } from './story.ts';
import { firstOf } from '#testing/llm/policy.ts';
import { policyOf } from '#testing/llm/policies/catalogue.ts';
import { startModelServer } from '#testing/llm/server.ts';
import { createWorld } from '#testing/world.ts';

const stories: readonly Story[] = [demoMissionStory, eventsStory, lostLogStory, lostStoresStory, liarsStory, verifierStory, deliveryStory, plannerStory, thinkingStory, lessonsStory, canariesStory, kubectlStory, explainStory, badObjectsStory, deletionStory, pageStory, publishedPackagesStory, privateCloneStory, killsStory, apiServerStory, gitOpsStory, retoldStory];

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const wanted = chosen(stories, process.argv.slice(2), say);
process.exit(wanted === undefined ? 2 : await conclude(stories, { node: 'process', results: await runAll(wanted) }, say));

async function runAll(all: readonly Story[]): Promise<readonly StoryResult[]> {
  const models = await startModelServer({ policy: firstOf(obedientPolicy, taughtPolicy, policyOf('demo', { callsAtOnce: true })) });
  const world = await createWorld(`e2e-${process.pid}`, { say, upstreamUrl: models.url, withEvents: true });
  return runStories(all, { world: { ...world, models }, node: 'process', say }, () => Promise.all([world.close(), models.close()]));
}
