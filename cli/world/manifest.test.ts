import { describe, expect, test } from 'vitest';
import { parseManifests } from './manifest.ts';

const head = 'apiVersion: coditect.ai/v1alpha1\nkind: Mission\nmetadata: {name: m}\n';

describe('a file with mistakes names each of them', () => {
  const cases: Record<string, { text: string; faults: readonly (string | RegExp)[] }> = {
    'a field that does not exist': { text: `${head}spec: {goal: g, tasks: [{name: a, type: T, intent: {action: A}, dependson: []}]}`, faults: ['Mission m: spec.tasks[0].dependson: there is no such field'] },
    'a value of the wrong type': { text: `${head}spec: {goal: 3}`, faults: [/^Mission m: spec\.goal: /] },
    'two mistakes at once': { text: `${head}spec: {goal: g, priority: 5000, operatingMode: Go}`, faults: [/spec\.priority/, /spec\.operatingMode/] },
    'no name': { text: 'apiVersion: coditect.ai/v1alpha1\nkind: Mission\nspec: {}', faults: ['metadata.name: is missing'] },
    'a kind of somebody else': { text: 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}', faults: ['apps/v1 Deployment: is not a kind of ours; apply it with kubectl'] },
    'broken YAML': { text: 'a: [1', faults: [/./] },
    'a text': { text: 'hello', faults: ['is not an object'] },
    'the second of two documents': { text: `${head}spec: {goal: g}\n---\nkind: Mission`, faults: ['document 2: metadata.name: is missing'] },
  };
  test.each(Object.entries(cases))('%s', (_, { text, faults }) => {
    const parsed = parseManifests(text);
    const found = parsed.kind === 'faults' ? parsed.faults : [];
    expect(found).toHaveLength(faults.length);
    expect(faults.filter((fault, index) => (typeof fault === 'string' ? fault !== found[index] : !fault.test(found[index] ?? '')))).toEqual([]);
  });
});

test('free-form parameters and data of ConfigMaps are taken as they are', () => {
  const text = `${head}spec: {goal: g, tasks: [{name: a, type: T, intent: {action: A, params: {any: {thing: [1]}}}}]}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: n}\ndata: {a: b}\n---\n`;
  const parsed = parseManifests(text);
  expect(parsed.kind === 'manifests' && parsed.manifests.map(({ type, object }) => [type.plural, object.metadata.namespace])).toEqual([['missions', undefined], ['configmaps', 'n']]);
});

test('what is sent is what was written, not what the schema made of it', () => {
  const parsed = parseManifests(`${head}spec: {goal: g}`);
  expect(parsed.kind === 'manifests' && parsed.manifests[0]?.object['spec']).toEqual({ goal: 'g' });
});
