import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expand, fieldOf, type InvocationParts, invocationOf, type Objects } from './environment.ts';
import type { Container, EnvVar, Pod } from './pod.ts';

const pod: Pod = { metadata: { name: 'p', namespace: 'ns', uid: 'u-1', resourceVersion: '1', labels: { b: '2', a: '1' } }, spec: { containers: [], nodeName: 'n' } };
const objects: Objects = { configMap: (name) => (name === 'cfg' ? { key: 'from-config', other: 'x' } : undefined), secret: (name) => (name === 'sec' ? { pw: 'hidden' } : undefined) };
const parts = (container: Partial<Container>, more: Partial<InvocationParts> = {}): InvocationParts => ({
  pod, objects, container: { name: 'c', image: 'i', ...container }, image: { command: ['entry'], args: ['default'], env: { FROM_IMAGE: 'yes' } },
  mounts: [{ mountPath: '/data', folder: '/real/data' }], nodeEnv: { CODITECT_PORT_API: '4711' }, defaultEnv: { HOME: '/home' }, ...more,
});

const argvCases: Record<string, { container: Partial<Container>; want: readonly string[] }> = {
  'without command and args the image decides': { container: {}, want: ['entry', 'default'] },
  'args replace the image\'s arguments': { container: { args: ['a'] }, want: ['entry', 'a'] },
  'a command drops the image\'s entry point and arguments': { container: { command: ['sh'] }, want: ['sh'] },
  'command and args together': { container: { command: ['sh', '-c'], args: ['x'] }, want: ['sh', '-c', 'x'] },
  'mount paths in arguments become real folders': { container: { args: ['--dir=/data/x', '/database'] }, want: ['entry', '--dir=/real/data/x', '/database'] },
  'arguments see the node\'s ports': { container: { args: ['$(CODITECT_PORT_API)'] }, want: ['entry', '4711'] },
};
test.each(Object.entries(argvCases))('%s', (_, { container, want }) => {
  expect(invocationOf(parts(container))).toMatchObject({ kind: 'ready', argv: want });
});

const envCases: Record<string, { env: readonly EnvVar[]; want: Record<string, string> }> = {
  'a plain value': { env: [{ name: 'A', value: 'x' }], want: { A: 'x' } },
  'a variable without value is empty': { env: [{ name: 'A' }], want: { A: '' } },
  'later variables see earlier ones': { env: [{ name: 'A', value: '1' }, { name: 'B', value: '$(A)2' }], want: { B: '12' } },
  'earlier variables do not see later ones': { env: [{ name: 'A', value: '$(B)' }, { name: 'B', value: '2' }], want: { A: '$(B)' } },
  'a key of a ConfigMap': { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cfg', key: 'key' } } }], want: { A: 'from-config' } },
  'a key of a Secret': { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'sec', key: 'pw' } } }], want: { A: 'hidden' } },
  'a field of the pod': { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } }], want: { A: 'u-1' } },
  'what the node says wins': { env: [{ name: 'CODITECT_PORT_API', value: '1' }], want: { CODITECT_PORT_API: '4711' } },
  'a default may be set otherwise': { env: [{ name: 'HOME', value: '/data/home' }], want: { HOME: '/real/data/home' } },
  'a value built from a path is rewritten once': { env: [{ name: 'A', value: '/data' }, { name: 'B', value: '$(A)/x' }], want: { A: '/real/data', B: '/real/data/x' } },
};
test.each(Object.entries(envCases))('%s', (_, { env, want }) => {
  expect(invocationOf(parts({ env }))).toMatchObject({ kind: 'ready', env: want });
});

const missingCases: Record<string, { container: Partial<Container>; want: string }> = {
  'a missing ConfigMap': { container: { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'nope', key: 'k' } } }] }, want: 'ConfigMap nope not found' },
  'a missing key': { container: { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'sec', key: 'k' } } }] }, want: "couldn't find key k in Secret sec" },
  'a missing source of many': { container: { envFrom: [{ secretRef: { name: 'nope' } }] }, want: 'Secret nope not found' },
  'an unknown field': { container: { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.magic' } } }] }, want: 'env A: spec.magic is not known to the process node' },
};
test.each(Object.entries(missingCases))('%s keeps the container from starting', (_, { container, want }) => {
  expect(invocationOf(parts(container))).toEqual({ kind: 'missing', message: want });
});

test('an optional reference that is missing leaves the variable out', () => {
  const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'nope', key: 'k', optional: true } } }];
  const invocation = invocationOf(parts({ env, envFrom: [{ configMapRef: { name: 'nope', optional: true } }, { prefix: 'P_', configMapRef: { name: 'cfg' } }] }));
  expect(invocation.kind === 'ready' && invocation.env).toEqual({ HOME: '/home', FROM_IMAGE: 'yes', CODITECT_PORT_API: '4711', P_key: 'from-config', P_other: 'x' });
});

test('a working folder inside a volume is the real one, any other is left to the node', () => {
  expect(invocationOf(parts({ workingDir: '/data/w' }))).toMatchObject({ workingFolder: '/real/data/w' });
  expect(invocationOf(parts({ workingDir: '/srv' }))).not.toHaveProperty('workingFolder');
});

test('expansion knows $$, unknown names and names side by side', () => {
  expect(expand('$$(A) $(A)$(A) $(NOPE) $', { A: 'x' })).toBe('$(A) xx $(NOPE) $');
});

test('a text without dollar signs is never changed by expansion', () => {
  fc.assert(fc.property(fc.string().filter((text) => !text.includes('$')), fc.dictionary(fc.string(), fc.string()), (text, scope) => {
    expect(expand(text, scope)).toBe(text);
  }));
});

test('labels as a field are sorted lines', () => {
  expect(fieldOf(pod, 'metadata.labels')).toBe('a="1"\nb="2"');
  expect(fieldOf(pod, "metadata.labels['a']")).toBe('1');
});
