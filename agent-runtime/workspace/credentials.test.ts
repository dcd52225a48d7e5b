// Whether an agent holds credentials, by what is mounted: what decides that must not take a fault for a no.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdsCredentials } from './credentials.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credentials-'));
});
afterEach(() => rm(folder, { recursive: true }));

const cases: Record<string, { mount: () => Promise<string>; want: boolean }> = {
  'a mounted Secret': { mount: async () => (await mkdir(join(folder, 'deploy-key')), folder), want: true },
  'no volume': { mount: async () => join(folder, 'absent'), want: false },
  'nothing in it': { mount: async () => folder, want: false },
  'a folder that cannot be read': { mount: async () => (await writeFile(join(folder, 'file'), ''), join(folder, 'file')), want: true },
};
test.each(Object.entries(cases))('%s', async (_, { mount, want }) => expect(await holdsCredentials(await mount())).toBe(want));
