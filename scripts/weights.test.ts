// The embedding model in a bundle, far from its package: it finds its weights beside itself.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { optionsFor } from './bundle-options.ts';
import { copyWeights } from './weights.ts';

const root = dirname(import.meta.dirname);
const script = "import { createLocalEmbedder } from './local.js'; const [one] = await createLocalEmbedder().embed(['mend the failing tests']); console.log(one.length);";

test('a bundle turns a text into numbers by the weights beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'coditect-weights-'));
  try {
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
    await build({ ...optionsFor('mirror', root, folder), entryPoints: [join(root, 'platform', 'embedding', 'local.ts')], outfile: join(folder, 'local.js') });
    copyWeights(root, folder);
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder });
    expect(stdout).toBe('512\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
