// The page about MCP servers against the code: what it shows is taken, and the figures are those that hold.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { labels } from '#api/labels.ts';
import { AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';
import { mcpLimits } from './connection.ts';

const page = readFileSync(new URL('../../docs/mcp.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => parse(text) as Record<string, Record<string, unknown>>);

test('the list that it shows is one that a pool takes', () => {
  expect(AgentPoolSpec.shape.mcpServers.parse(blocks[0]?.['spec']?.['mcpServers'])).toMatchObject([{ name: 'tracker', sideEffect: 'None' }]);
});

test('the policy that it shows selects pods by the label that agents have', () => {
  expect(blocks[1]?.['spec']).toMatchObject({ podSelector: { matchLabels: { [labels.pool]: 'crew' } } });
});

test('the figures are those of the code', () => {
  expect(page).toContain(`It has ${mcpLimits.openMs / 1000} s to list its tools and ${mcpLimits.callMs / 1000} s for a call. Answers above ${mcpLimits.responseBytes / 1024 ** 2} MiB`);
});
