// The page about agents that think against the code: tools, their effects, and the figures that it names.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ModelPolicy, ToolPolicy } from '#api/v1alpha1/task.ts';
import { ThoughtEvent } from '#api/events/thought.ts';
import { contextOver } from '#agent-runtime/roles/fixtures.ts';
import { talkBytes } from './talk.ts';
import { policyFault } from './policy.ts';
import { coderTools, toolNames } from './tools/all.ts';
import { Workbench } from './workbench.ts';

const page = readFileSync(new URL('../../docs/agents-that-think.md', import.meta.url), 'utf8');

test('every tool of a Coder stands in the table with its effect', () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map(([, name, effect]) => `${name} ${effect}`);
  const bench = new Workbench({ ...contextOver('/nowhere'), lookAround: async () => ({ kind: 'lost', message: '' }) });
  const tools = coderTools(bench, true).map(({ definition, sideEffect }) => `${definition.name} ${sideEffect}`);
  expect(rows.toSorted()).toEqual(tools.toSorted());
});

test('what the page shows is what the kinds take', () => {
  const names = (field: string) => (new RegExp(`${field}: \\[(.*)\\]`).exec(page)?.[1] ?? '').split(', ');
  expect(policyFault(ToolPolicy.parse({ allow: names('allow'), deny: names('deny') }), toolNames)).toBeUndefined();
  expect(ModelPolicy.parse({ tiers: names('tiers') }).tiers).toHaveLength(2);
});

test('figures and names of events are those of the code', () => {
  for (const bytes of Object.values(talkBytes)) expect(page).toContain(`${bytes / 1000} kB`);
  for (const { shape } of ThoughtEvent.options) expect(page).toContain(`\`${shape.type.value}\``);
});
