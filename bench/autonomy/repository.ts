// The repository of all missions: a folder for each, and a branch for each run of one, so that somebody can push to one while it is worked on.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CorpusMission } from '#bench/cost/corpus/missions.ts';
import { layOut } from '#bench/cost/folders.ts';
import { startGitDoor } from '#devcluster/index.ts';

const run = promisify(execFile);

export interface Repository {
  readonly url: string;
  /** Makes the branch of a run, where all of them begin. */
  readonly branch: (name: string) => Promise<void>;
  /** What a colleague might push in the meantime: every source of a mission is touched, and a source with a test is new. Gives the commit. */
  readonly moveOn: (branch: string, mission: CorpusMission) => Promise<string>;
  close(): Promise<void>;
}

/** Who mixes the two commits misses the source that this test loads. */
const theirs = {
  'src/theirs.js': 'export const theirs = 1;\n',
  'test/theirs.test.js': "import assert from 'node:assert/strict';\nimport test from 'node:test';\nimport { theirs } from '../src/theirs.js';\ntest('of somebody else', () => assert.equal(theirs, 1));\n",
};

/** Makes the repository and serves it over loopback. */
export async function openRepository(missions: readonly CorpusMission[]): Promise<Repository> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-autonomy-'));
  const git = async (...args: readonly string[]) => (await run('git', ['-C', folder, '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args])).stdout.trim();
  for (const { name, files } of missions) await layOut(join(folder, name), files);
  await git('init', '-q', '-b', 'main');
  await git('add', '-A');
  await git('commit', '-q', '-m', 'the missions, each with its fault');
  const door = await startGitDoor(folder);
  const alone = oneAtATime();
  return {
    url: door.url,
    branch: (name) => alone(async () => void (await git('branch', name, 'main'))),
    moveOn: (branch, { name, files }) =>
      alone(async () => {
        const touched = Object.entries(files).flatMap(([path, text]) => (path.startsWith('src/') ? [[path, `// Somebody else was here.\n${text}`]] : []));
        await git('checkout', '-q', branch);
        await layOut(join(folder, name), { ...Object.fromEntries(touched), ...theirs });
        await git('add', '-A');
        await git('commit', '-q', '-m', `somebody else works on ${name}`);
        await git('checkout', '-q', 'main');
        return git('rev-parse', `refs/heads/${branch}`);
      }),
    close: async () => {
      await door.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One checkout serves all: what changes it waits for its turn. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
