import { expect, test } from 'vitest';
import { z } from 'zod';
import { env, whole } from '#api/config/setting.ts';
import { configFiles, settingsOf } from './config-reference.ts';

test('a setting shows its variable, its default and what it is for', () => {
  const schema = z.object({ port: whole(0, 9).default(3).meta(env('CODITECT_PORT')).describe('Port.'), file: z.string().meta(env('CODITECT_FILE')).describe('File.') });
  expect(settingsOf(schema, 'x')).toEqual([
    { name: 'port', env: 'CODITECT_PORT', fallback: '3', isRequired: false, description: 'Port.' },
    { name: 'file', env: 'CODITECT_FILE', fallback: undefined, isRequired: true, description: 'File.' },
  ]);
});

test.each([
  ['without a variable', z.object({ port: whole(0, 9).describe('Port.') })],
  ['without a description', z.object({ port: whole(0, 9).meta(env('CODITECT_PORT')) })],
])('a setting %s stops the generator', (_, schema) => {
  expect(() => settingsOf(schema, 'api/config/x.ts')).toThrow('cannot document the setting port of api/config/x.ts');
});

test('the page has a section for each process', () => {
  expect(configFiles()[0]?.text.match(/^## .*/gm)).toEqual(['## Operator', '## Blob service', '## LLM gateway', '## Mirror', '## Archive', '## Console', '## Check of an installation', '## Agent']);
});
