// A folder of programs for PATH: `kubectl`, and `kubectl-mission`, which kubectl finds as `kubectl mission`.
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { shellWord } from '../terminal/text.ts';
import type { Checkout } from './checkout.ts';

/** Makes the folder inside `parent` and gives its path. */
export async function makeLaunchers(parent: string, kubectl: string, checkout: Checkout): Promise<string> {
  const folder = join(parent, 'bin');
  await mkdir(folder, { recursive: true });
  const launcher = join(folder, 'kubectl-mission');
  const bundle = join(checkout.dist, 'kubectl-mission.js');
  const program = existsSync(bundle) ? bundle : join(checkout.root, 'cli', 'main.ts');
  await writeFile(launcher, `#!/bin/sh\nexec ${shellWord(process.execPath)} ${shellWord(program)} "$@"\n`);
  await chmod(launcher, 0o755);
  await rm(join(folder, 'kubectl'), { force: true });
  await symlink(kubectl, join(folder, 'kubectl'));
  return folder;
}
