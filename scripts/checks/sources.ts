// The source files that people write: what git tracks or would track, without generated ones.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const isSource = (path: string) => /\.(ts|tsx|js|mjs|sh|proto|c|go)$/.test(path) && !path.includes('/generated/');

/** Source files of the checkout at `root`; throws when git shows none, because a check of nothing proves nothing. */
export function sourceFiles(root: string): SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
  const paths = listed.split('\n').filter((path) => isSource(path) && existsSync(join(root, path)));
  if (paths.length === 0) throw new Error(`cannot check ${root}: git lists no source files there; run it in a checkout`);
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}
