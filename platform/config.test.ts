import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { BlobsConfig } from '#api/config/blobs.ts';
import { env, Port, TextList } from '#api/config/setting.ts';
import { loadConfig, type ConfigSources } from './config.ts';

const Sample = z.object({
  folder: z.string().min(1).meta(env('SAMPLE_FOLDER')).describe('Where things are.'),
  healthPort: Port.default(8080).meta(env('SAMPLE_PORT')).describe('Port for health.'),
  names: TextList.default([]).meta(env('SAMPLE_NAMES')).describe('Some names.'),
  apiKey: z.string().regex(/^key-/, 'hunter2 is no key').optional().meta(env('SAMPLE_KEY', { secret: true })).describe('A key.'),
});

const files: Record<string, string> = {
  'a.yaml': 'healthPort: 1\nnames: [x, y]\n',
  'a.json': '{"healthPort": 3}',
  'unknown.yaml': 'healthPrt: 1\n',
  'list.yaml': '- 1\n',
  'broken.yaml': 'a: [\n',
};
const readText = (path: string) => {
  const text = files[path];
  if (text === undefined) throw new Error('no such file');
  return text;
};
const load = (argv: readonly string[], environment: ConfigSources['env'] = { SAMPLE_FOLDER: '/f' }) => loadConfig(Sample, { argv, env: environment, readText });

describe('precedence', () => {
  const cases: Record<string, { argv: string[]; env?: Record<string, string>; want: object }> = {
    'a default is used when nothing says otherwise': { argv: [], want: { folder: '/f', healthPort: 8080, names: [] } },
    'the file beats the default': { argv: ['--config', 'a.yaml'], want: { healthPort: 1, names: ['x', 'y'] } },
    'a JSON file is read too': { argv: ['--config=a.json'], want: { healthPort: 3 } },
    'the environment beats the file': { argv: ['--config', 'a.yaml'], env: { SAMPLE_FOLDER: '/f', SAMPLE_PORT: '2' }, want: { healthPort: 2 } },
    'a flag beats the environment': { argv: ['--health-port', '4'], env: { SAMPLE_FOLDER: '/f', SAMPLE_PORT: '2' }, want: { healthPort: 4 } },
    'a flag with an equals sign may hold another one': { argv: ['--folder=/a=b'], want: { folder: '/a=b' } },
    'a list is split at commas': { argv: ['--names', 'a, b'], want: { names: ['a', 'b'] } },
    'an empty environment variable counts as unset': { argv: [], env: { SAMPLE_FOLDER: '/f', SAMPLE_PORT: '' }, want: { healthPort: 8080 } },
  };
  test.each(Object.entries(cases))('%s', (_, { argv, env: environment, want }) => expect(load(argv, environment)).toMatchObject({ kind: 'config', value: want }));
});

describe('faults are one line that names the setting', () => {
  const cases: Record<string, { argv: string[]; env?: Record<string, string>; want: RegExp }> = {
    'an unknown flag': { argv: ['--helth-port', '1'], want: /^Unknown option '--helth-port'/ },
    'a word that is no flag': { argv: ['start'], want: /^Unexpected argument 'start'/ },
    'a flag without its value': { argv: ['--folder'], want: /--folder <value>' argument missing/ },
    'a required setting that is nowhere': { argv: [], env: {}, want: /setting folder is required: set --folder or SAMPLE_FOLDER/ },
    'a bad flag value': { argv: ['--health-port', 'x'], want: /setting healthPort from --health-port is wrong: .*SAMPLE_PORT/ },
    'a bad environment value': { argv: [], env: { SAMPLE_FOLDER: '/f', SAMPLE_PORT: '70000' }, want: /setting healthPort from SAMPLE_PORT is wrong/ },
    'an unknown setting in the file': { argv: ['--config', 'unknown.yaml'], want: /unknown setting healthPrt/ },
    'a file that is no object': { argv: ['--config', 'list.yaml'], want: /must hold an object/ },
    'a file that is no YAML': { argv: ['--config', 'broken.yaml'], want: /^cannot read --config broken.yaml/ },
    'a file that is not there': { argv: ['--config', 'none.yaml'], want: /no such file/ },
  };
  test.each(Object.entries(cases))('%s', (_, { argv, env: environment, want }) => {
    const loaded = load(argv, environment);
    expect(loaded).toMatchObject({ kind: 'fault', message: expect.stringMatching(want) });
    expect(loaded.kind === 'fault' && loaded.message).not.toContain('\n');
  });
});

test('a secret is printed neither in a fault nor in the help', () => {
  const loaded = load([], { SAMPLE_FOLDER: '/f', SAMPLE_KEY: 'hunter2' });
  expect(loaded).toMatchObject({ kind: 'fault', message: expect.stringContaining('apiKey') });
  expect(JSON.stringify(loaded)).not.toContain('hunter2');
});

test('the help names every setting with its variable, default and description', () => {
  const loaded = loadConfig(BlobsConfig, { argv: ['--help'], env: {} });
  const text = loaded.kind === 'help' ? loaded.text : '';
  expect(text).toContain('--blobs-port VALUE  CODITECT_PORT_BLOBS  (default 9446)');
  expect(text).toContain('--folder VALUE  CODITECT_BLOBS_FOLDER  (required)');
  expect(text).toContain('--endpoints-file VALUE  CODITECT_ENDPOINTS_FILE  (unset by default)');
  for (const type of Object.values(BlobsConfig.shape)) expect(text).toContain(type.description);
});

test('the settings cannot be changed afterwards', () => {
  const loaded = load([]);
  expect(loaded.kind === 'config' && Object.isFrozen(loaded.value)).toBe(true);
});
