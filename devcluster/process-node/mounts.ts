// Nothing can be mounted here, so mount paths inside a container's environment and arguments are replaced by the real folders.
import { join } from 'node:path';
import type { Container } from './pod.ts';

/** Mount path of a container and the folder behind it. */
export interface Mount {
  readonly mountPath: string;
  readonly folder: string;
}

/** Mounts of a container whose volumes lie in `volumesFolder`, one folder each. */
export function mountsOf({ volumeMounts = [] }: Pick<Container, 'volumeMounts'>, volumesFolder: string): readonly Mount[] {
  return volumeMounts.map(({ name, mountPath, subPath = '' }) => ({ mountPath: mountPath.length > 1 ? mountPath.replace(/\/+$/, '') : mountPath, folder: join(volumesFolder, name, subPath) }));
}

/**
 * Replaces every mount path that stands as a whole path or its beginning. One pass, longest first: a real folder that
 * itself contains a mount path is not replaced again.
 */
export function rewritePaths(text: string, mounts: readonly Mount[]): string {
  if (mounts.length === 0) return text;
  const byPath = new Map(mounts.map(({ mountPath, folder }) => [mountPath, folder]));
  const paths = [...byPath.keys()].toSorted((a, b) => b.length - a.length).map((path) => path.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  const pattern = new RegExp(`(?<![A-Za-z0-9_./-])(?:${paths.join('|')})(?![A-Za-z0-9_.-])`, 'g');
  return text.replaceAll(pattern, (path) => byPath.get(path) ?? path);
}
