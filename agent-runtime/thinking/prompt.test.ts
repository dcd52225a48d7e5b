// The prompt to the byte: what all tasks share is cached by providers only as long as it never changes.
import { expect, test } from 'vitest';
import { sha256Hex } from '#domain/digest.ts';
import { contextOver } from '#agent-runtime/roles/fixtures.ts';
import { promptVersion, systemPrompt } from './prompt.v2.ts';
import { coderTools } from './tools/all.ts';
import { Workbench } from './workbench.ts';

const definitions = (allowCommands: boolean) => coderTools(new Workbench(contextOver('/nowhere')), allowCommands).map(({ definition }) => definition);

test('system prompt and tools change only with the version', () => {
  const digests = { promptVersion, system: sha256Hex(systemPrompt), tools: sha256Hex(JSON.stringify(definitions(false))), withCommands: sha256Hex(JSON.stringify(definitions(true))) };
  expect(digests, 'the text of the prompt or of a tool changed: raise the version').toEqual({
    promptVersion: 'v2',
    system: '931b63edd736c4ca8fadd3029ad4779628bd8a5250e1ef3044b3249ca4814555',
    tools: 'b1b119a88db5832ed8f1b44015a359c4822544a1d126b3271630c30f5a041567',
    withCommands: '87790ffa82acbb6e0f65e95065969c2d2db36e145a52b8b651d4a078ac45c616',
  });
});

test('programs are offered only where they are allowed', () => {
  expect(definitions(false).map(({ name }) => name)).toEqual(['list_files', 'read_file', 'search', 'read_result', 'run_code', 'edit_file', 'run_tests', 'finish']);
  expect(definitions(true).map(({ name }) => name)).toContain('run_command');
});

test('every tool, and every field of its input, is described', () => {
  for (const { name, description, input_schema: schema } of definitions(true)) {
    expect([name, description, schema['type'], schema['additionalProperties']]).toEqual([name, expect.stringMatching(/\.$/), 'object', false]);
    for (const field of Object.values((schema['properties'] ?? {}) as Record<string, { description?: string }>)) expect(field.description).toMatch(/\.$/);
  }
});
