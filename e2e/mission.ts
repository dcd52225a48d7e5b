// The smallest missions that stories apply: tasks of the role Tester that run one command each.

/** An intent that runs a program with its arguments. */
export function runCommand(...command: readonly string[]): object {
  return { action: 'RunCommand', params: { command } };
}

/** A Mission whose only goal, if there is one, is this expression. */
export function aMission(namespace: string, name: string, tasks: readonly object[], expression?: string): object {
  const goals = expression === undefined ? {} : { goals: [{ name: 'proven', check: { expression } }] };
  return { apiVersion: 'coditect.ai/v1alpha1', kind: 'Mission', metadata: { name, namespace }, spec: { goal: `Show that ${name} ends well.`, tasks, ...goals } };
}

/** Files of a workspace with one test, which passes. */
export const sumFiles = {
  'package.json': '{"type":"module","scripts":{"test":"node --test"}}\n',
  'sum.js': 'export const sum = (a, b) => a + b;\n',
  'sum.test.js': "import assert from 'node:assert/strict';\nimport test from 'node:test';\nimport { sum } from './sum.js';\ntest('adds', () => assert.equal(sum(2, 3), 5));\n",
};
