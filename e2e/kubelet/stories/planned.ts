// A goal in words, through the gateway as the chart installs it: its key comes from a Secret that only the kubelet reads for it.
import { releaseNamespace } from '#testing/charts/helm.ts';
import { providerKey } from '#testing/world.ts';
import { succeeds } from '../../diamond.ts';
import { sumFiles } from '../../mission.ts';
import { must, type Story } from '../../story.ts';
import { smallCrew, withCrew } from '../crew.ts';
import type { KubeletWorld } from '../world.ts';

export const plannedStory: Story<KubeletWorld> = {
  name: 'a goal without tasks is planned through the LLM gateway of the chart, with the key that the kubelet mounts, and carried out',
  limitSeconds: 300,
  run: (world) =>
    withCrew(world, 'planned', { ...smallCrew(), agentTypes: ['Analyzer', 'Coder', 'Tester'] }, async (namespace) => {
      const metadata = { name: 'goal-only', namespace };
      const goals = [{ name: 'imports-were-followed', check: { expression: 'tasks["analyze-imports"].observed.importEdges > 0' } }];
      const spec = { goal: 'Tell me whether this repository is in order, and what rests on what.', planner: {}, workspace: { configMap: { name: 'files' } }, goals };
      await world.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'files', namespace }, data: sumFiles }, { apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata, spec });
      await succeeds(world, { ...metadata, what: 'planned by a scripted model', seconds: 180 });
      const paid = world.models.requests().filter(({ usage }) => usage !== undefined);
      must(paid.length > 0 && paid.every(({ headers }) => headers['x-api-key'] === providerKey), `the provider was asked ${paid.length} times, not always with the key of the Secret`);
      const logs = await world.kubectl('logs', '-n', releaseNamespace, 'deployment/coditect-llm-gateway');
      must(logs.includes('"level":"info"') && !logs.includes(providerKey), 'the log of the gateway cannot be read through the kubelet, or shows the key');
      return `${paid.length} calls to the scripted provider`;
    }),
};
