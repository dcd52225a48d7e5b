// The repository of a team: a bare one that Argo CD reads, and a clone in which somebody works.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { runChild } from '../child.ts';

/** Files by name; an object is written as YAML, undefined takes the file away. */
export type Change = Readonly<Record<string, object | undefined>>;

export interface TeamRepository {
  /** As Argo CD reads it. */
  readonly url: string;
  /** Folder inside it with the manifests. */
  readonly path: string;
  /** Commits and pushes a change; gives the commit. */
  readonly commit: (message: string, change: Change) => Promise<string>;
}

const path = 'missions';

/** Makes both repositories inside a folder. */
export async function makeTeamRepository(folder: string, env: Readonly<Record<string, string | undefined>>): Promise<TeamRepository> {
  const [bare, clone] = [join(folder, 'team.git'), join(folder, 'clone')];
  // Who commits is told here: the machine's user may have no name, or sign commits.
  const own = { ...env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const git = (...args: readonly string[]) => runChild('git', ['-c', 'user.name=team-a', '-c', 'user.email=team-a@example.org', ...args], { env: own });
  await git('init', '-q', '--bare', '-b', 'main', bare);
  await git('init', '-q', '-b', 'main', clone);
  await mkdir(join(clone, path), { recursive: true });
  return {
    url: `file://${bare}`,
    path,
    async commit(message, change) {
      for (const [name, object] of Object.entries(change)) {
        const file = join(clone, path, name);
        if (object === undefined) await rm(file);
        else await writeFile(file, stringify(object));
      }
      await git('-C', clone, 'add', '-A');
      await git('-C', clone, 'commit', '-q', '-m', message);
      await git('-C', clone, 'push', '-q', bare, 'main');
      return (await git('-C', clone, 'rev-parse', 'HEAD')).trim();
    },
  };
}
