// Values for three kinds of clusters, as files beside the chart: `--set profile=` alone refuses, these also say what to do instead.
import type { z } from 'zod';
import { generatedFrom, toYaml, type GeneratedFile } from './output.ts';
import type { ChartValues } from './values.ts';

type Values = z.input<typeof ChartValues>;

/** Part of the values; defaults stand for the rest. */
type Part<T> = { readonly [K in keyof T]?: T[K] extends readonly unknown[] ? T[K] : Part<T[K]> };

interface Profile {
  /** For whom, as a comment at the top. */
  readonly comment: string;
  readonly values: Part<Values>;
}

const kept = (size: string) => ({ enabled: true, size });
const fenced = { enabled: true, agents: { enabled: true } };

/** The profiles by name. */
export const profiles: Readonly<Record<'dev' | 'staging' | 'prod', Profile>> = {
  dev: {
    comment: 'For a cluster of one person: small, quick to fail over, everything in memory. Refuses nothing.',
    values: {
      profile: 'dev',
      operator: { replicas: 1, leaderElection: 'fast', logLevel: 'debug' },
      console: { enabled: true },
    },
  },
  staging: {
    comment: 'As prod, with tags instead of digests: for the cluster in which a version proves itself. Refuses what would be found out too late.',
    values: {
      profile: 'staging',
      operator: { replicas: 2 },
      blobs: { persistence: kept('20Gi') },
      llmGateway: { persistence: kept('1Gi') },
      mirror: { persistence: kept('5Gi') },
      console: { enabled: true },
      networkPolicies: fenced,
      dashboards: { enabled: true },
    },
  },
  prod: {
    comment: 'For work that counts. Refuses what is unsafe, with the way out: digests of all images and the namespaces of agents are yours to give.',
    values: {
      profile: 'prod',
      operator: { replicas: 2 },
      blobs: { persistence: kept('100Gi') },
      llmGateway: { persistence: kept('2Gi') },
      mirror: { persistence: kept('10Gi') },
      console: { enabled: true, replicas: 2 },
      networkPolicies: fenced,
      dashboards: { enabled: true },
    },
  },
};

/** charts/coditect/profiles/NAME.yaml. */
export function profileFiles(): GeneratedFile[] {
  return Object.entries(profiles).map(([name, { comment, values }]) => ({
    path: `charts/coditect/profiles/${name}.yaml`,
    text: `# ${generatedFrom('scripts/generators/profiles.ts')}\n# ${comment}\n${toYaml(values)}`,
  }));
}
