// The prompt to the byte: what all tasks share is cached by providers only as long as it never changes.
import { expect, test } from 'vitest';
import { sha256Hex } from '#domain/digest.ts';
import { contextOver } from '#agent-runtime/roles/fixtures.ts';
import { promptVersion, systemPrompt } from './prompt.v1.ts';
import { coderTools } from './tools/all.ts';
import { Workbench } from './workbench.ts';

const definitions = (allowCommands: boolean) => coderTools(new Workbench(contextOver('/nowhere')), allowCommands).map(({ definition }) => definition);

test('system prompt and tools change only with the version', () => {
  const digests = { promptVersion, system: sha256Hex(systemPrompt), tools: sha256Hex(JSON.stringify(definitions(false))), withCommands: sha256Hex(JSON.stringify(definitions(true))) };
  expect(digests, 'the text of the prompt or of a tool changed: raise the version').toEqual({
    promptVersion: 'v1',
    system: 'e1b663cb9e2f6f8469b91f8dc2e8584f8b0dbbc8e734b2d629315a32b017c620',
    tools: '05c37d8bf76f59b0021e4562a92a2bea6023912b9a50efed1fedee02b12836ed',
    withCommands: 'a7d3acad0ea2ad2534f4f34fcdeb538e463d2bbcda13fd739e82936804d3ecca',
  });
});

test('programs are offered only where they are allowed', () => {
  expect(definitions(false).map(({ name }) => name)).toEqual(['list_files', 'read_file', 'search', 'edit_file', 'run_tests', 'finish']);
  expect(definitions(true).map(({ name }) => name)).toContain('run_command');
});

test('every tool, and every field of its input, is described', () => {
  for (const { name, description, input_schema: schema } of definitions(true)) {
    expect([name, description, schema['type'], schema['additionalProperties']]).toEqual([name, expect.stringMatching(/\.$/), 'object', false]);
    for (const field of Object.values((schema['properties'] ?? {}) as Record<string, { description?: string }>)) expect(field.description).toMatch(/\.$/);
  }
});
