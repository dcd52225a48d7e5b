// Pushes one commit to a branch of the repository that the workspace was cloned from. Never forces, and does nothing when the branch has the commit already.
import { isKind, messageOf } from '#platform/errors.ts';
import type { Access } from './credentials.ts';
import type { Repository, Run } from './repository.ts';
import type { PushAnswer } from './workspace.ts';

/** Kept apart from the refs that bundles are made of. */
const remoteRef = 'refs/coditect/remote';

/** Where a push goes, and what it pushes. */
export interface Origin {
  readonly url: string;
  readonly secret: string | undefined;
  readonly commit: string;
  readonly access: Access;
}

/** Pushes the commit of `origin` to `branch`; a second time it finds the commit there and is content. */
export async function pushCommit({ run }: Repository, { url, secret, commit, access }: Origin, branch: string): Promise<PushAnswer> {
  const failed = (why: string): PushAnswer => ({ kind: 'failed', message: `push ${commit} to ${branch} of ${url}: ${why}` });
  try {
    const entry = await access(url, secret);
    const remote: Run = (args) => run(args, entry);
    const tip = await tipOf(remote, url, branch);
    if (tip !== undefined && (await contains(run, tip, commit))) return { kind: 'present', commit };
    if (tip !== undefined && !(await contains(run, commit, tip))) return failed(`the branch is at ${tip}, which the commit does not build on; push to another branch, or run the mission again from the branch as it is now`);
    await remote(['push', '--porcelain', '--no-verify', '--', url, `${commit}:refs/heads/${branch}`]);
    return { kind: 'pushed', commit };
  } catch (error) {
    if (!isKind(error, 'git')) throw error;
    return failed(`${messageOf(error)}; check that ${secret === undefined ? 'the repository takes pushes without credentials' : `the user of Secret ${secret} may push to it`}`);
  }
}

/** Commit that the branch is at, fetched; undefined when there is no such branch. */
async function tipOf(remote: Run, url: string, branch: string): Promise<string | undefined> {
  const found = await remote(['ls-remote', '--', url, `refs/heads/${branch}`]);
  const tip = found.split('\n').map((line) => line.split('\t')).find(([, ref]) => ref === `refs/heads/${branch}`)?.[0];
  if (tip !== undefined) await remote(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', url, `+refs/heads/${branch}:${remoteRef}`]);
  return tip;
}

async function contains(run: Run, tip: string, commit: string): Promise<boolean> {
  return (await run(['rev-list', '--max-count=1', commit, `^${tip}`])) === '';
}
