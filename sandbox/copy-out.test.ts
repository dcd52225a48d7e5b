import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyCaps, copyCases } from './cases.ts';
import { inspectTree } from './copy-out.ts';
import { removeTree } from './remove-tree.ts';

let scratch: string;
let folder: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'copy-out-'));
  folder = join(scratch, 'files');
  await mkdir(folder);
});

afterEach(() => removeTree(scratch));

const own: Record<string, { plant: () => Promise<unknown>; reason: RegExp }> = {
  'a fifo': { plant: async () => execFileSync('/bin/sh', ['-c', 'mkfifo pipe'], { cwd: folder }), reason: /"pipe" is neither a file/ },
  'a name with a line break': { plant: () => writeFile(join(folder, 'a\nb'), ''), reason: /"a\\nb" has control characters/ },
  'a name that is no text': { plant: () => writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]), ''), reason: /no text, in its name/ },
  'a loop of links that leads out at last': { plant: () => Promise.all([symlink('b', join(folder, 'a')), symlink('../x', join(folder, 'b'))]), reason: /"b" links out/ },
};

test.each([...Object.entries(copyCases).map(([name, { plant, refusal }]) => [name, () => plant(folder), refusal] as const), ...Object.entries(own).map(([name, { plant, reason }]) => [name, plant, reason] as const)])(
  '%s is a reason',
  async (_, plant, reason) => {
    await plant();
    expect((await inspectTree(folder, copyCaps)).join('\n')).toMatch(reason);
  },
);

test('what builds leave is fine: links inside, several names of one file inside, folders that begin with a dash', async () => {
  await mkdir(join(folder, '-components', 'deep'), { recursive: true });
  await writeFile(join(folder, 'one'), 'x');
  await link(join(folder, 'one'), join(folder, '-components', 'deep', 'two'));
  await symlink('../../one', join(folder, '-components', 'deep', 'link'));
  expect(await inspectTree(folder, { maxFiles: 5, maxBytes: 1 })).toEqual([]);
  expect(await inspectTree(folder, { maxFiles: 4, maxBytes: 1 })).toEqual(['the folder holds more than 4 entries']);
});

test('reasons are all told, up to a bound', async () => {
  for (let at = 0; at < 3; at += 1) await symlink('/etc/passwd', join(folder, `out-${at}`));
  expect(await inspectTree(folder, copyCaps)).toHaveLength(3);
  for (let at = 3; at < 40; at += 1) await symlink('/etc/passwd', join(folder, `out-${at}`));
  const reasons = await inspectTree(folder, copyCaps);
  expect(reasons).toHaveLength(21);
  expect(reasons.at(-1)).toBe('and there is more');
});

test('a path too deep to be named is a reason, not an error', async () => {
  execFileSync(process.execPath, ['-e', `for (let level = 0; level < 25; level++) { fs.mkdirSync('x'.repeat(200)); process.chdir('x'.repeat(200)) }`], { cwd: folder });
  expect((await inspectTree(folder, copyCaps)).join()).toMatch(/cannot be looked at \(ENAMETOOLONG\)/);
});
