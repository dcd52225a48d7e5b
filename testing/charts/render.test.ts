import { afterAll, describe, expect, test } from 'vitest';
import { BlobsConfig } from '#api/config/blobs.ts';
import { ArchiveConfig } from '#api/config/archive.ts';
import { ConsoleConfig } from '#api/config/console.ts';
import { InstallCheckConfig } from '#api/config/install-check.ts';
import { LlmGatewayConfig } from '#api/config/llm-gateway.ts';
import { MirrorConfig } from '#api/config/mirror.ts';
import { OperatorConfig } from '#api/config/operator.ts';
import { join } from 'node:path';
import { kubernetesVersion } from '#devcluster/index.ts';
import { policyFaults } from '#scripts/checks/policies.ts';
import { containersOf, podsIn, type RenderedObject } from '#scripts/checks/policy-objects.ts';
import { settingsOf } from '#scripts/generators/config-reference.ts';
import { refusedBy, type StrictProfile } from '#scripts/generators/refusals.ts';
import { charts, findHelm, objectsOf, render } from './helm.ts';
import { everyStore, placement, prodAnswers, renderings } from './renderings.ts';

const found = await findHelm(process.env);
const reason = found.kind === 'missing' ? ` (skipped: ${found.why})` : '';
const helm = found.kind === 'found' ? found.open() : undefined;
afterAll(() => helm?.close());

describe.skipIf(helm === undefined)(`the charts in the real helm${reason}`, { timeout: 120_000 }, () => {
  if (helm === undefined) return;
  const version = ['--kube-version', kubernetesVersion];

  test.each(['coditect', 'coditect-crds'])('%s passes helm lint --strict', async (chart) => {
    expect(await helm.run(['lint', '--strict', join(charts, chart), ...version])).toMatchObject({ code: 0 });
  });

  test('the chart of the kinds renders all of them', async () => {
    const { stdout } = await helm.run(['template', 'x', join(charts, 'coditect-crds'), ...version]);
    expect(stdout.match(/^kind: CustomResourceDefinition$/gm)).toHaveLength(5);
  });

  describe.each(Object.entries(renderings))('%s', (_, rendering) => {
    test('is rendered, breaks no policy, and renders again to the same bytes', async () => {
      expect(policyFaults(await objectsOf(helm, rendering), rendering)).toEqual([]);
      const [once, again] = await Promise.all([render(helm, rendering), render(helm, rendering)]);
      expect(again.stdout).toBe(once.stdout);
    });

    test('every variable of ours is a setting of the process that gets it', async () => {
      expect(unknownSettings(await objectsOf(helm, rendering))).toEqual([]);
    });
  });

  test('with one served namespace nothing of it may be done elsewhere', async () => {
    const objects = await objectsOf(helm, renderings['one served namespace with everything on'] ?? {});
    const wide = objects.filter(({ kind, metadata }) => kind === 'ClusterRole' && !/-(viewer|editor|admin|approver)$/.test(metadata.name));
    expect(wide.length).toBeGreaterThan(0);
    expect(new Set(wide.flatMap(({ rules = [] }) => rules.flatMap(({ resources, resourceNames = [] }) => [...resources, ...resourceNames])))).toEqual(new Set(['namespaces', 'team-a', 'tokenreviews', 'subjectaccessreviews']));
    const inside = objects.filter(({ kind, metadata }) => kind === 'Role' && metadata.name.endsWith('-served'));
    expect(inside.map(({ metadata }) => metadata.name).toSorted()).toEqual(['blobs', 'console', 'llm-gateway', 'mirror', 'operator'].map((name) => `coditect-${name}-served`));
    expect(new Set(inside.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['team-a']));
    const told = podsIn(objects).filter(({ isServing }) => isServing).map((pod) => containersOf(pod)[0]?.env?.find(({ name }) => name === 'CODITECT_WATCH_NAMESPACE')?.value);
    expect(told).toEqual(Array.from({ length: 5 }, () => 'team-a'));
  });

  test('what people say about pods is said of all of them', async () => {
    const objects = await objectsOf(helm, renderings['profile prod with everything on'] ?? {});
    const { nodeSelector, tolerations, affinity, priorityClassName, podAnnotations, serviceAccountAnnotations } = placement;
    const pods = podsIn(objects).filter(({ owner }) => owner !== 'Pod coditect-install-check');
    expect(pods).toHaveLength(6);
    for (const pod of pods) expect(pod).toMatchObject({ annotations: podAnnotations, spec: { nodeSelector, tolerations, affinity, priorityClassName, imagePullSecrets: [{ name: 'pull' }] } });
    const accounts = objects.filter(({ kind, metadata }) => kind === 'ServiceAccount' && !['coditect-cli', 'coditect-install-check'].includes(metadata.name));
    expect(accounts.map(({ metadata }) => metadata.annotations)).toEqual(Array.from({ length: 5 }, () => serviceAccountAnnotations));
  });

  test('a value that nobody knows is refused by its name', async () => {
    expect((await render(helm, { values: { operator: { replicaz: 2 } } })).stderr).toContain('replicaz');
  });

  test.each(['staging', 'prod'] as const)('profile %s names every unsafe value at once', async (profile) => {
    const { code, stderr } = await render(helm, { values: { ...unsafe, profile } });
    expect(code).not.toBe(0);
    // This one is asked only where agents are to be fenced in at all.
    const told = refusedBy(profile).map(({ value }) => value).filter((value) => value !== 'networkPolicies.agents.namespaces');
    expect(told.filter((value) => !stderr.includes(`\n- ${value}: `))).toEqual([]);
  });

  test.each(oneByOne())('profile prod refuses %s alone', async (value, change) => {
    const { stderr } = await render(helm, { files: ['profiles/prod.yaml'], values: merged({ ...prodAnswers, llmGateway: { ...prodAnswers.llmGateway, enabled: true }, mirror: { ...prodAnswers.mirror, ...everyStore } }, change) });
    expect(stderr.match(/^- ([\w.]+): /gm)).toEqual([`- ${value}: `]);
  });

  test('without a profile the same values are taken', async () => {
    expect(await render(helm, { values: { ...unsafe, profile: 'dev' } })).toMatchObject({ code: 0 });
  });
});

const bare = { resources: { requests: { cpu: null, memory: null }, limits: { memory: null } }, image: { tag: 'latest', pullPolicy: 'Always' }, extraEnv: [{ name: 'CODITECT_PASSWORD', value: 'x' }] };
const open = { insecure: true };

/** Breaks every rule of every profile. */
const unsafe = {
  priorityAndFairness: { create: false },
  networkPolicies: { enabled: false, agents: { enabled: false } },
  operator: { ...bare, replicas: 1, logLevel: 'debug' },
  blobs: bare,
  console: { ...bare, enabled: true },
  llmGateway: { ...bare, enabled: true, upstreamUrl: 'http://models' },
  mirror: { ...bare, enabled: true, nats: { ...open, servers: ['n:4222'] }, redis: { ...open, servers: ['r:6379'] }, clickhouse: { ...open, url: 'http://c' }, s3: { ...open, bucket: 'archive', endpoint: 'http://s' }, chroma: { ...open, url: 'http://x' } },
  installCheck: { agentImage: { tag: 'latest', pullPolicy: 'Always' } },
};

type Fields = Readonly<Record<string, unknown>>;

/** One unsafe value each, on top of an installation that prod takes. */
function oneByOne(): readonly (readonly [string, Fields])[] {
  const operator = (change: Fields) => ({ operator: change });
  const mirror = (change: Fields) => ({ mirror: change });
  return [
    ['operator.replicas', operator({ replicas: 1 })],
    ['operator.logLevel', operator({ logLevel: 'debug' })],
    ['operator.image.digest', operator({ image: { digest: '' } })],
    ['operator.resources.limits.memory', operator({ resources: { limits: { memory: null } } })],
    ['operator.extraEnv', operator({ extraEnv: [{ name: 'ANTHROPIC_API_KEY', value: 'sk-x' }] })],
    ['mirror.extraEnv', mirror({ extraEnv: [{ name: 'CODITECT_EMBEDDING_INSECURE', value: 'true' }] })],
    ['networkPolicies.enabled', { networkPolicies: { enabled: false } }],
    ['networkPolicies.agents.enabled', { networkPolicies: { agents: { enabled: false } } }],
    ['networkPolicies.agents.namespaces', { networkPolicies: { agents: { namespaces: [] } } }],
    ['priorityAndFairness.create', { priorityAndFairness: { create: false } }],
    ['blobs.persistence.enabled', { blobs: { persistence: { enabled: false } } }],
    ['llmGateway.persistence.enabled', { llmGateway: { persistence: { enabled: false } } }],
    ['llmGateway.upstreamUrl', { llmGateway: { upstreamUrl: 'http://models' } }],
    ['mirror.persistence.enabled', mirror({ persistence: { enabled: false } })],
    ['mirror.nats.insecure', mirror({ nats: { insecure: true } })],
    ['mirror.redis.secret', mirror({ redis: { secret: '' } })],
    ['mirror.clickhouse.url', mirror({ clickhouse: { url: 'http://clickhouse:8123' } })],
    ['mirror.chroma.secret', mirror({ chroma: { tokenKey: '' } })],
  ];
}

/** Values over values, as helm lays them. */
function merged(below: Fields, above: Fields): Fields {
  const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
  return Object.entries(above).reduce<Fields>((all, [name, value]) => ({ ...all, [name]: isFields(value) && isFields(all[name]) ? merged(all[name], value) : value }), below);
}

const settings: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({ operator: OperatorConfig, blobs: BlobsConfig, 'llm-gateway': LlmGatewayConfig, mirror: MirrorConfig, archive: ArchiveConfig, expire: ArchiveConfig, console: ConsoleConfig, 'install-check': InstallCheckConfig }).map(([name, schema]) => [name, settingsOf(schema, name).map(({ env }) => env)]),
);

/** Variables that no process reads: a wrong name is a setting that silently is not set. */
function unknownSettings(objects: readonly RenderedObject[]): readonly string[] {
  return podsIn(objects).flatMap((pod) => containersOf(pod).flatMap(({ name, env = [] }) => env.filter((variable) => settings[name]?.includes(variable.name) !== true).map((variable) => `${name}: ${variable.name}`)));
}

/** Named here so that an unknown profile does not compile. */
const strict: readonly StrictProfile[] = ['staging', 'prod'];
test('both strict profiles refuse at least ten values', () => {
  for (const profile of strict) expect(refusedBy(profile).length).toBeGreaterThanOrEqual(10);
});
