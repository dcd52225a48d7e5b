import { describe, expect, test } from 'vitest';
import { AgentConfig } from '#api/config/agent.ts';
import { AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';
import { aPool, settings } from '../testing.ts';
import { buildPod, templateHash } from './pod.ts';

interface BuiltSpec {
  readonly automountServiceAccountToken: boolean;
  readonly securityContext: object;
  readonly tolerations: readonly { readonly key?: string; readonly tolerationSeconds?: number }[];
  readonly containers: readonly [{ readonly env: readonly { name: string; value?: string }[]; readonly securityContext: object; readonly volumeMounts: readonly { name: string; mountPath: string }[] }];
  readonly volumes: readonly { readonly name: string; readonly hostPath?: object; readonly projected?: object }[];
}

const specOf = (spec: object = {}) => buildPod(aPool(spec), 'pool-abc', settings).spec as BuiltSpec;
const envOf = (spec: object = {}) => Object.fromEntries(specOf(spec).containers[0].env.map(({ name, value }) => [name, value]));

test('the pod is owned by its pool and found by its labels', () => {
  const { metadata } = buildPod(aPool(), 'pool-abc', settings);
  expect(metadata).toMatchObject({
    name: 'pool-abc',
    namespace: 'team-a',
    labels: { 'coditect.ai/pool': 'pool', 'coditect.ai/template-hash': templateHash(aPool().spec) },
    ownerReferences: [{ kind: 'AgentPool', uid: 'pool-uid', controller: true }],
  });
});

test('the pod keeps to the restricted Pod Security standard and has no Kubernetes credential', () => {
  const { automountServiceAccountToken, securityContext, containers, volumes } = specOf();
  expect(automountServiceAccountToken).toBe(false);
  expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: 'RuntimeDefault' } });
  expect(containers[0].securityContext).toMatchObject({ allowPrivilegeEscalation: false, privileged: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
  expect(volumes.filter(({ hostPath }) => hostPath !== undefined)).toEqual([]);
  expect(JSON.stringify(volumes)).not.toContain('kube-root-ca');
  expect(volumes[0]?.projected).toEqual({ sources: [{ serviceAccountToken: { path: 'token', audience: 'coditect', expirationSeconds: 3600 } }] });
});

test('the environment is a valid configuration of an agent', () => {
  const env: Record<string, string | undefined> = { ...envOf({ agentTypes: ['Tester', 'Coder'], capabilities: ['python', 'node-24'], slotsPerAgent: 3 }), CODITECT_POD_NAME: 'p', CODITECT_POD_UID: 'u', CODITECT_POD_NAMESPACE: 'n' };
  const values = Object.fromEntries(Object.entries(AgentConfig.shape).map(([key, field]) => [key, env[String((field.meta() as { env?: string }).env)]]));
  expect(AgentConfig.parse(values)).toMatchObject({ pool: 'pool', slots: 3, agentTypes: ['Tester', 'Coder'], capabilities: ['python', 'node-24'], caBundle: 'PEM', tokenFile: '/var/run/secrets/coditect/token', workFolder: '/work', operatorNamespace: 'coditect-system' });
});

test('the folder of the token file, the work folder and /tmp are mounted', () => {
  expect(specOf().containers[0].volumeMounts.map(({ mountPath }) => mountPath)).toEqual(['/var/run/secrets/coditect', '/work', '/tmp']);
});

test('git secrets are mounted by the kubelet, read-only, where the agent looks for them', () => {
  const { volumes, containers } = specOf({ gitSecrets: [{ name: 'deploy-key' }] });
  const items = [{ key: 'username', path: 'deploy-key/username' }, { key: 'password', path: 'deploy-key/password' }];
  expect(volumes.at(-1)).toEqual({ name: 'git-secrets', projected: { defaultMode: 0o440, sources: [{ secret: { name: 'deploy-key', items } }] } });
  expect(containers[0].volumeMounts.at(-1)).toEqual({ name: 'git-secrets', mountPath: '/var/run/coditect/git', readOnly: true });
  expect(envOf()['CODITECT_GIT_SECRETS']).toBe('/var/run/coditect/git');
});

const tracker = { name: 'tracker', url: 'https://tools.example.com/mcp', tools: ['search'], sideEffect: 'None' };

test('agents are told of MCP servers without where their tokens come from, and the kubelet mounts these', () => {
  const mcpServers = [{ ...tracker, tokenFrom: { secretName: 'tracker-token', key: 'value' } }, { ...tracker, name: 'wiki' }];
  const { volumes, containers } = specOf({ mcpServers });
  expect(volumes.at(-1)).toEqual({ name: 'mcp-tokens', projected: { defaultMode: 0o440, sources: [{ secret: { name: 'tracker-token', items: [{ key: 'value', path: 'tracker/token' }] } }] } });
  expect(containers[0].volumeMounts.at(-1)).toEqual({ name: 'mcp-tokens', mountPath: '/var/run/coditect/mcp', readOnly: true });
  const { CODITECT_MCP_SERVERS: text, CODITECT_MCP_TOKENS: folder } = envOf({ mcpServers });
  expect(folder).toBe('/var/run/coditect/mcp');
  expect(text).not.toContain('tracker-token');
  expect(AgentConfig.shape.mcpServers.parse(text)).toEqual([{ ...tracker, hasToken: true }, { ...tracker, name: 'wiki', hasToken: false }]);
});

test('without tokens nothing is mounted for them, without servers there are none', () => {
  expect(specOf({ mcpServers: [tracker] }).volumes.map(({ name }) => name)).toEqual(['token', 'work', 'temporary']);
  expect(AgentConfig.shape.mcpServers.parse(envOf()['CODITECT_MCP_SERVERS'])).toEqual([]);
  expect(AgentConfig.shape.mcpServers.safeParse('[{').success).toBe(false);
});

const addresses: Record<string, { url: string; isTaken: boolean }> = {
  'https': { url: 'https://tools.example.com/mcp?set=issues', isTaken: true },
  'http within the cluster': { url: 'http://tracker.tools.svc:8080', isTaken: true },
  'a user and a password': { url: 'https://me:secret@tools.example.com/mcp', isTaken: false },
  'another scheme': { url: 'file:///etc/passwd', isTaken: false },
  'no host': { url: 'https:///mcp', isTaken: false },
  'a variable of the kubelet': { url: 'https://tools.example.com/$(CODITECT_POD_UID)', isTaken: false },
};
test.each(Object.entries(addresses))('the address of an MCP server: %s', (_, { url, isTaken }) => {
  expect(AgentPoolSpec.shape.mcpServers.safeParse([{ ...tracker, url }]).success).toBe(isTaken);
});

test('a template cannot redirect the agent through its environment', () => {
  const env = envOf({ template: { image: 'i', env: [{ name: 'CODITECT_NAMESPACE', value: 'evil' }, { name: 'HTTP_PROXY', value: 'http://proxy' }] } });
  expect(env).toMatchObject({ CODITECT_NAMESPACE: 'coditect-system', HTTP_PROXY: 'http://proxy' });
});

describe('tolerations', () => {
  const secondsOf = (tolerations: readonly object[]) => specOf({ template: { image: 'i', tolerations } }).tolerations.map(({ key, tolerationSeconds }) => `${key ?? '*'}:${tolerationSeconds ?? '-'}`);
  test('a lost node gives its pods up after 30 s', () => {
    expect(secondsOf([])).toEqual(['node.kubernetes.io/not-ready:30', 'node.kubernetes.io/unreachable:30']);
  });
  test('unless the pool says otherwise', () => {
    expect(secondsOf([{ key: 'node.kubernetes.io/unreachable', operator: 'Exists' }])).toEqual(['node.kubernetes.io/unreachable:-', 'node.kubernetes.io/not-ready:30']);
    expect(secondsOf([{ operator: 'Exists' }])).toEqual(['*:-']);
  });
});

const changes: Record<string, { spec: object; changes: boolean }> = {
  'the image': { spec: { template: { image: 'agent:2' } }, changes: true },
  'the environment': { spec: { template: { image: 'agent:1', env: [{ name: 'A', value: 'b' }] } }, changes: true },
  'the slots': { spec: { slotsPerAgent: 2 }, changes: true },
  'the roles': { spec: { agentTypes: ['Coder'] }, changes: true },
  'the capabilities': { spec: { capabilities: ['go'] }, changes: true },
  'the git secrets': { spec: { gitSecrets: [{ name: 's' }] }, changes: true },
  'the MCP servers': { spec: { mcpServers: [tracker] }, changes: true },
  'the isolation that is asked for': { spec: { isolation: 'Full' }, changes: false },
  'the limits of scaling': { spec: { scaling: { maxReplicas: 3 } }, changes: false },
  'the mode': { spec: { operatingMode: 'Pause' }, changes: false },
  'the namespaces it serves': { spec: { allowedNamespaces: ['team-b'] }, changes: false },
};
test.each(Object.entries(changes))('template hash and %s', (_, { spec, changes: wanted }) => {
  expect(templateHash(aPool(spec).spec) !== templateHash(aPool().spec)).toBe(wanted);
});

test('another CA bundle is no other template: running agents learn it at renewal', () => {
  const other = buildPod(aPool(), 'pool-abc', { ...settings, caBundle: 'NEXT' });
  expect(other.metadata.labels).toEqual(buildPod(aPool(), 'pool-abc', settings).metadata.labels);
});
