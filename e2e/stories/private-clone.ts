// The demo as people run it, from a clone that nobody but its owner can enter: pods must not need to read it.
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { settingsFrom } from '#devcluster/index.ts';
import { root } from '#testing/world.ts';
import { must, type Story } from '../story.ts';

const run = promisify(execFile);

export const privateCloneStory: Story = {
  name: 'the demo ends with a finished mission in a clone that only its owner can read',
  limitSeconds: 300,
  async run() {
    const home = await mkdtemp(join(tmpdir(), 'coditect-e2e-private-'));
    try {
      return await demoIn(home);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  },
};

async function demoIn(home: string): Promise<string> {
  await chmod(home, 0o700);
  const [clone, cache] = [join(home, 'clone'), join(home, 'cache')];
  await run('git', ['-c', 'safe.directory=*', 'clone', '--quiet', root, clone]);
  await symlink(join(root, 'node_modules'), join(clone, 'node_modules'));
  await mkdir(cache);
  // A cache of its own keeps its cluster apart from a demo that somebody has left up; Kubernetes need not be built again.
  await symlink(join(settingsFrom(process.env).cacheFolder, 'kubernetes'), join(cache, 'kubernetes'));
  const began = performance.now();
  const { REPO: _repo, KEEP: _keep, CLUSTER: _cluster, ...env } = process.env;
  const { stdout } = await run(process.execPath, ['cli/main.ts', 'demo'], { cwd: clone, env: { ...env, PWD: clone, CODITECT_CACHE: cache }, maxBuffer: 16 * 1024 * 1024 });
  must(/succeeded: GoalsMet/.test(stdout), `the demo did not end with its goals met:\n${stdout.slice(-1000)}`);
  must(/nothing is left running/.test(stdout), `the demo did not clean up:\n${stdout.slice(-400)}`);
  return `${Math.round((performance.now() - began) / 1000)} s for the whole demo`;
}
