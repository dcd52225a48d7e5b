// The repository that the demo examines: REPO as a path or URL, else this checkout.
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { Refusal } from '../failure.ts';

export type Repository = { readonly kind: 'url'; readonly url: string } | { readonly kind: 'folder'; readonly folder: string };

/** What REPO names; `folder` is the fallback. Paths are read from `workingFolder`. */
export function repositoryOf(repo: string | undefined, folder: string, workingFolder: string): Repository {
  if (repo === undefined || repo === '') return { kind: 'folder', folder };
  if (/^(https?|ssh|git):\/\//.test(repo)) return { kind: 'url', url: repo };
  const path = resolve(workingFolder, repo.startsWith('file://') ? new URL(repo).pathname : repo);
  if (!existsSync(path) || !statSync(path).isDirectory()) throw new Refusal(`read REPO ${repo}: it is neither a folder nor an https, http, ssh or git URL`, 'make demo REPO=<folder or URL of a git repository>');
  return { kind: 'folder', folder: path };
}

/** True for the checkout at `root` itself. */
export function isOwnRepository(repository: Repository, root: string): boolean {
  return repository.kind === 'folder' && repository.folder === root;
}

/** The text of a Mission whose git workspace is this URL. */
export function withGitUrl(missionText: string, url: string): string {
  const mission = parse(missionText) as { spec: { workspace: { git: object } } };
  mission.spec.workspace.git = { ...mission.spec.workspace.git, url };
  return stringify(mission);
}

/** The text of manifests moved to another namespace, subjects of role bindings included. */
export function inNamespace(manifest: Readonly<Record<string, unknown>>, namespace: string): Record<string, unknown> {
  const moved = (value: unknown) => ({ ...(value as object), namespace });
  const { metadata, subjects } = manifest;
  return { ...manifest, metadata: moved(metadata), ...(Array.isArray(subjects) ? { subjects: subjects.map(moved) } : {}) };
}
