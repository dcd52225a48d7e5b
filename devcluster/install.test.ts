import { expect, test } from 'vitest';
import { inOrder, parseManifests } from './install.ts';

test('namespaces and definitions come first, the rest keeps its order', () => {
  const text = ['Deployment', 'Thing', 'CustomResourceDefinition', 'Namespace', 'Other'].map((kind) => `apiVersion: v1\nkind: ${kind}\nmetadata: { name: x }\n`).join('---\n');
  expect(inOrder(parseManifests(text)).map(({ kind }) => kind)).toEqual(['Namespace', 'CustomResourceDefinition', 'Deployment', 'Thing', 'Other']);
});

test('empty documents and comments are no objects', () => {
  expect(parseManifests('---\n# nothing\n---\napiVersion: v1\nkind: A\nmetadata: { name: x }\n---\n')).toHaveLength(1);
});

test.each([
  ['a document without a name', 'apiVersion: v1\nkind: A\n', /lacks apiVersion, kind or metadata.name/],
  ['broken YAML', 'a: [', /read manifest/],
])('%s is refused', (_, text, message) => {
  expect(() => parseManifests(text)).toThrow(message);
});
