import { expect, test } from 'vitest';
import { settingsFrom } from '../../settings.ts';
import { askKstatus, ensureKstatus } from './index.ts';

const found = await ensureKstatus(settingsFrom(process.env));
const file = found.kind === 'found' ? found.file : '';
const why = found.kind === 'missing' ? ` (SKIPPED: ${found.why})` : '';
const thing = (name: string, status?: object) => ({ apiVersion: 'example.org/v1', kind: 'Thing', metadata: { name, generation: 3 }, ...(status === undefined ? {} : { status }) });
const condition = (type: string, status: string) => ({ type, status, reason: 'R', message: `${type} is ${status}` });

test.skipIf(found.kind === 'missing')(`objects are answered in their order, whole numbers stay whole${why}`, async () => {
  const objects = [thing('seen', { observedGeneration: 3, conditions: [condition('Ready', 'True')] }), thing('outdated', { observedGeneration: 2 }), thing('broken', { observedGeneration: 3, conditions: [condition('Stalled', 'True')] })];
  const answers = await askKstatus(file, objects);
  expect(answers.map(({ name, status }) => `${name} ${status}`)).toEqual(['seen Current', 'outdated InProgress', 'broken Failed']);
  expect(answers[2]?.message).toBe('Stalled is True');
});

test.skipIf(found.kind === 'missing')(`what is no object is refused, with the words of the library${why}`, async () => {
  await expect(askKstatus(file, [thing('fine'), { kind: 'Thing', status: 'up' }])).rejects.toThrow(/ask kstatus about 2 objects: .*none of the answers counts/s);
});
