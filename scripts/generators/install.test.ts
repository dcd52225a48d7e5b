import { describe, expect, test } from 'vitest';
import { BlobsConfig } from '#api/config/blobs.ts';
import { ConsoleConfig } from '#api/config/console.ts';
import { MirrorConfig } from '#api/config/mirror.ts';
import { OperatorConfig } from '#api/config/operator.ts';
import { settingsOf } from './config-reference.ts';
import { installManifests, type InstallOptions } from './manifests.ts';
import { mirrorStores } from './mirror-stores.ts';
import { blobsRules, consoleRules, llmGatewayRules, mirrorOwnRules, mirrorRules, operatorOwnRules, operatorRules, peopleRules } from './rbac.ts';
import { blobsPorts, consolePorts, mirrorPorts, operatorPorts } from './workloads.ts';

const options: InstallOptions = { namespace: 'agents', images: { operator: 'o:1', blobs: 'b:1' }, replicas: 2, leaderElection: 'fast', consoleImage: 'c:1', cliNamespaces: ['team-a'], mirror: { image: 'm:1', servers: ['nats:4222'], secret: 'nats-access', redis: { servers: ['r-0:6379', 'r-1:6379'], secret: 'redis-access' }, clickhouse: { url: 'https://clickhouse:8443', secret: 'clickhouse-access' } } };

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly { readonly mountPath: string }[];
}
interface Pod {
  readonly containers: readonly [Container];
  readonly volumes?: readonly object[];
}

function podOf(component: 'operator' | 'blobs' | 'mirror' | 'console', chosen = options): Pod {
  const found = installManifests(chosen).find(({ kind, metadata }) => (kind === 'Deployment' || kind === 'StatefulSet') && metadata.name === `coditect-${component}`);
  if (found === undefined) throw new Error(`no workload coditect-${component} is among the manifests`);
  return (found['spec'] as { template: { spec: Pod } }).template.spec;
}

describe.each([
  ['operator', OperatorConfig, operatorPorts],
  ['blobs', BlobsConfig, blobsPorts],
  ['mirror', MirrorConfig, mirrorPorts],
  ['console', ConsoleConfig, consolePorts],
] as const)('%s', (component, config, ports) => {
  const settings = settingsOf(config, component);

  test('every variable is a setting of the process, and every setting that must be given is given', () => {
    const given = podOf(component).containers[0].env.map(({ name }) => name);
    const known = settings.map(({ env }) => env);
    expect(given.filter((name) => !known.includes(name))).toEqual([]);
    expect(settings.filter(({ isRequired, env }) => isRequired && !given.includes(env))).toEqual([]);
  });

  test('ports are the defaults of the settings, by name', () => {
    for (const [name, port] of Object.entries(ports)) {
      const setting = settings.find(({ env }) => env === `CODITECT_PORT_${name.toUpperCase()}`);
      expect([name, setting?.fallback]).toEqual([name, String(port)]);
    }
  });

  test('the pod passes the restricted profile with a read-only root', () => {
    expect(podOf(component)).toMatchObject({
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } } }],
    });
  });
});

test('images, replicas and the lease profile are those asked for', () => {
  expect(podOf('operator').containers[0].image).toBe('o:1');
  expect(podOf('operator').containers[0].env).toContainEqual({ name: 'CODITECT_LEADER_ELECTION', value: 'fast' });
  expect(podOf('blobs').containers[0].image).toBe('b:1');
});

test('blobs and the token of the blob service have a volume each', () => {
  expect(podOf('blobs').containers[0].volumeMounts?.map(({ mountPath }) => mountPath)).toEqual(['/var/lib/coditect/blobs', '/var/run/secrets/coditect']);
  expect(podOf('blobs').volumes).toContainEqual({ name: 'token', projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'coditect', expirationSeconds: 3600 } }] } });
});

test('each store of the mirror has its own settings and its own Secret; what was not asked for is not there', () => {
  const { containers: [{ env }], volumes } = podOf('mirror');
  const given = new Map(env.map(({ name, value }) => [name, value]));
  expect(['SERVERS', 'CLUSTER', 'PASSWORD_FILE'].map((end) => given.get(`CODITECT_REDIS_${end}`))).toEqual(['r-0:6379,r-1:6379', 'true', '/var/run/secrets/coditect-redis/password']);
  expect(['URL', 'CA_FILE'].map((end) => given.get(`CODITECT_CLICKHOUSE_${end}`))).toEqual(['https://clickhouse:8443', '/var/run/secrets/coditect-clickhouse/ca.crt']);
  expect(volumes).toContainEqual({ name: 'redis', projected: { sources: [{ secret: { name: 'redis-access' } }] } });
  expect([...given.keys()].filter((name) => /CODITECT_(S3|CHROMA)_/.test(name))).toEqual([]);
});

test('every variable of a store is a setting of the mirror', () => {
  const known = settingsOf(MirrorConfig, 'mirror').map(({ env }) => env);
  const named = Object.values(mirrorStores).flatMap(({ prefix, settings, files }) => [...Object.values(settings), ...Object.values(files)].map((end) => `${prefix}_${end}`));
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test('the mirror is one, has files for its log, and may only look at what it tells of', () => {
  const objects = installManifests(options);
  expect(objects.find(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === 'coditect-mirror')).toMatchObject({ metadata: { name: 'coditect-mirror' }, spec: { replicas: 1, serviceName: 'coditect-mirror' } });
  expect(podOf('mirror').containers[0].env).toEqual(expect.arrayContaining([{ name: 'CODITECT_NATS_CA_FILE', value: '/var/run/secrets/coditect-nats/ca.crt' }, { name: 'CODITECT_NATS_INSECURE', value: 'false' }]));
  expect(mirrorRules.filter(({ apiGroups }) => apiGroups.includes('coditect.ai')).flatMap(({ verbs }) => verbs)).toEqual(['get', 'list', 'watch']);
  expect(mirrorOwnRules.filter(({ resourceNames }) => resourceNames === undefined)).toEqual([{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] }]);
  const { mirror: _, ...without } = options;
  expect(installManifests(without).filter(({ metadata }) => metadata.name === 'coditect-mirror')).toEqual([]);
});

test('a disruption budget comes with the second replica', () => {
  const hasBudget = (replicas: number) => installManifests({ ...options, replicas }).some(({ kind }) => kind === 'PodDisruptionBudget');
  expect([hasBudget(1), hasBudget(2)]).toEqual([false, true]);
});

test('the namespace comes first and no object is there twice', () => {
  const objects = installManifests(options);
  const keys = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
  expect(keys[0]).toBe('Namespace /agents');
  expect(new Set(keys).size).toBe(keys.length);
});

test('the account of the command line exists where it was asked for, and may only look', () => {
  const bindings = installManifests(options).filter(({ kind, metadata }) => kind === 'RoleBinding' && metadata.name === 'coditect-cli');
  expect(bindings.map(({ metadata }) => metadata.namespace)).toEqual(['agents', 'team-a']);
  expect(bindings.every((binding) => (binding['roleRef'] as { name: string }).name === 'coditect-viewer')).toBe(true);
  expect(peopleRules.viewer.flatMap(({ verbs }) => verbs)).toEqual(['get', 'list', 'watch']);
});

describe('rights', () => {
  const everywhere = [...operatorRules, ...blobsRules];

  test('nobody may use a wildcard or touch nodes', () => {
    const words = [...everywhere, ...operatorOwnRules].flatMap(({ apiGroups, resources, verbs }) => [...apiGroups, ...resources, ...verbs]);
    expect(words.filter((word) => word === '*' || word === 'nodes')).toEqual([]);
  });

  test('Secrets are read in the own namespace alone, and only the CA key', () => {
    expect(everywhere.filter(({ resources }) => resources.includes('secrets'))).toEqual([]);
    const reading = operatorOwnRules.filter(({ resources, verbs }) => resources.includes('secrets') && verbs.includes('get'));
    expect(reading.map(({ resourceNames }) => resourceNames)).toEqual([['coditect-ca-key']]);
  });

  test('only approvers say what they think, and only admins delete what was said', () => {
    const who = (verb: string) => Object.entries(peopleRules).filter(([, rules]) => rules.some(({ resources, verbs }) => resources.includes('approvals') && verbs.includes(verb))).map(([name]) => name);
    expect({ create: who('create'), update: who('update'), patch: who('patch'), delete: who('delete') }).toEqual({ create: ['approver'], update: [], patch: [], delete: ['admin'] });
    const ofProcesses = [...everywhere, ...operatorOwnRules, ...llmGatewayRules].filter(({ resources }) => resources.includes('approvals'));
    expect(ofProcesses.map(({ verbs }) => verbs)).toEqual([['get', 'list', 'watch']]);
  });

  test('the role of approvers is there for admins to hand out', () => {
    const role = installManifests(options).find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'coditect-approver');
    expect(role?.metadata.labels).toEqual({ 'rbac.authorization.k8s.io/aggregate-to-admin': 'true' });
    expect(role).toMatchObject({ rules: [{ resources: ['missions', 'plans'], verbs: ['get'] }, { resources: ['approvals'], verbs: ['create', 'get', 'list'] }] });
  });

  test('the operator never writes a spec', () => {
    const writing = operatorRules.filter(({ verbs }) => verbs.some((verb) => verb === 'patch' || verb === 'update'));
    expect(writing.flatMap(({ resources }) => resources).filter((resource) => !resource.endsWith('/status') && resource !== 'events')).toEqual([]);
  });
});

describe('nobody approves in the name of another', () => {
  const [policy, binding] = installManifests(options).filter(({ metadata }) => metadata.name === 'coditect-approver').filter(({ kind }) => kind !== 'ClusterRole');

  test('the API server compares the name with who asks, and refuses when it cannot', () => {
    expect(policy).toMatchObject({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: { resourceRules: [{ apiGroups: ['coditect.ai'], apiVersions: ['v1alpha1'], operations: ['CREATE'], resources: ['approvals'] }] },
        validations: [{ expression: 'object.spec.approver == request.userInfo.username' }],
      },
    });
    expect(binding).toMatchObject({ kind: 'ValidatingAdmissionPolicyBinding', spec: { policyName: 'coditect-approver', validationActions: ['Deny'] } });
  });
});

test('the console may only look, has no volume but its token, and is there when it is asked for', () => {
  expect(consoleRules.filter(({ apiGroups }) => apiGroups.includes('coditect.ai')).flatMap(({ verbs }) => verbs)).toEqual(['get', 'list', 'watch']);
  expect(consoleRules.flatMap(({ resources }) => resources)).toEqual(['missions', 'plans', 'tasks', 'agentpools', 'tokenreviews', 'subjectaccessreviews']);
  expect(podOf('console').volumes).toHaveLength(1);
  const { consoleImage: _, ...without } = options;
  expect(installManifests(without).filter(({ metadata }) => metadata.name === 'coditect-console')).toEqual([]);
});
