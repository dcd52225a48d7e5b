import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { openRepository } from './repository.ts';

const mission = { name: 'shop-1', goal: 'g', kind: 'k', files: { 'src/a.js': 'export const a = 1;\n', 'test/a.test.js': '// a test\n' }, proof: {}, mend: { path: 'src/a.js', before: '', after: '' }, isHeldOut: true };

/** Commits of branches, as the door tells them. */
async function served(url: string): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await promisify(execFile)('git', ['ls-remote', '--heads', url]);
  return new Map(stdout.trim().split('\n').map((line) => [line.split('refs/heads/')[1] ?? '', line.split('\t')[0] ?? '']));
}

test('a branch that somebody pushes to moves on alone', async () => {
  const repository = await openRepository([mission]);
  try {
    await Promise.all(['one', 'two'].map((name) => repository.branch(name)));
    const begin = (await served(repository.url)).get('main');
    const moved = await repository.moveOn('one', mission);
    expect(moved).not.toBe(begin);
    expect(await served(repository.url)).toEqual(new Map([['main', begin], ['one', moved], ['two', begin]]));
  } finally {
    await repository.close();
  }
});
