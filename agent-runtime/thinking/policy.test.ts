// What a tool policy lets through, and what it cannot mean.
import { expect, test } from 'vitest';
import type { ToolPolicy } from '#api/v1alpha1/task.ts';
import { contextOver } from '#agent-runtime/roles/fixtures.ts';
import { permitted, policyFault } from './policy.ts';
import { coderTools, toolNames } from './tools/all.ts';
import { Workbench } from './workbench.ts';

const tools = coderTools(new Workbench(contextOver('/nowhere')), true);
const namesUnder = (policy: ToolPolicy) => permitted(tools, policy).map(({ definition }) => definition.name);
const all = tools.map(({ definition }) => definition.name);

const cases: Record<string, { policy: ToolPolicy; want: readonly string[] }> = {
  'none says nothing': { policy: {}, want: all },
  'allow names the only ones, in the order that all have': { policy: { allow: ['search', 'list_files'] }, want: ['list_files', 'search', 'finish'] },
  'deny takes away': { policy: { deny: ['run_code', 'run_command', 'run_tests', 'read_result'] }, want: ['list_files', 'read_file', 'search', 'edit_file', 'finish'] },
  'deny wins over allow': { policy: { allow: ['search', 'read_file'], deny: ['search'] }, want: ['read_file', 'finish'] },
  'the end of the work stays': { policy: { allow: ['search'], deny: ['finish'] }, want: ['search', 'finish'] },
};
test.each(Object.entries(cases))('%s', (_, { policy, want }) => expect([namesUnder(policy), policyFault(policy, toolNames)]).toEqual([want, undefined]));

test('a name that no tool has is told, with those that there are', () => {
  expect(policyFault({ deny: ['search', 'shell', 'curl'] }, toolNames)).toBe(`toolPolicy.deny: there is no tool shell, curl; the tools are ${toolNames.join(', ')}`);
  expect(policyFault({ allow: ['Search'] }, toolNames)).toMatch(/^toolPolicy\.allow: there is no tool Search;/);
});

test('every tool of a Coder may be named', () => {
  expect(all.filter((name) => !toolNames.includes(name))).toEqual([]);
});
