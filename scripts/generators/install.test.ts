import { describe, expect, test } from 'vitest';
import { BlobsConfig } from '#api/config/blobs.ts';
import { MirrorConfig } from '#api/config/mirror.ts';
import { OperatorConfig } from '#api/config/operator.ts';
import { settingsOf } from './config-reference.ts';
import { installManifests, type InstallOptions } from './manifests.ts';
import { blobsRules, llmGatewayRules, mirrorRules, operatorOwnRules, operatorRules, peopleRules } from './rbac.ts';
import { blobsPorts, mirrorPorts, operatorPorts } from './workloads.ts';

const options: InstallOptions = { namespace: 'agents', images: { operator: 'o:1', blobs: 'b:1' }, replicas: 2, leaderElection: 'fast', cliNamespaces: ['team-a'], mirror: { image: 'm:1', servers: ['nats:4222'], secret: 'nats-access' } };

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

function podOf(component: 'operator' | 'blobs' | 'mirror', chosen = options): Pod {
  const found = installManifests(chosen).find(({ kind, metadata }) => (kind === 'Deployment' || kind === 'StatefulSet') && metadata.name === `coditect-${component}`);
  if (found === undefined) throw new Error(`no workload coditect-${component} is among the manifests`);
  return (found['spec'] as { template: { spec: Pod } }).template.spec;
}

describe.each([
  ['operator', OperatorConfig, operatorPorts],
  ['blobs', BlobsConfig, blobsPorts],
  ['mirror', MirrorConfig, mirrorPorts],
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

test('the mirror is one, has files for its log, and may only look at what it tells of', () => {
  const objects = installManifests(options);
  expect(objects.find(({ kind }) => kind === 'StatefulSet')).toMatchObject({ metadata: { name: 'coditect-mirror' }, spec: { replicas: 1, serviceName: 'coditect-mirror' } });
  expect(podOf('mirror').containers[0].env).toEqual(expect.arrayContaining([{ name: 'CODITECT_NATS_CA_FILE', value: '/var/run/secrets/coditect-nats/ca.crt' }, { name: 'CODITECT_NATS_INSECURE', value: 'false' }]));
  expect(mirrorRules.filter(({ apiGroups }) => apiGroups.includes('coditect.ai')).flatMap(({ verbs }) => verbs)).toEqual(['get', 'list', 'watch']);
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
