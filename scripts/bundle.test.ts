import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleProblem, optionsFor } from './bundle-options.ts';
import { bundles, isBundleName } from './bundles.ts';

const root = dirname(import.meta.dirname);
let folder: string;

// Far from node_modules, so that nothing but the bundle itself can answer.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coditect-bundles-'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(file: string): Promise<{ code: number | string; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [file, '--help'], { cwd: folder, timeout: 15_000 }, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  });
}

describe.each(Object.keys(bundles).filter(isBundleName))('%s', (name) => {
  test('runs alone and explains itself', async () => {
    expect(bundleProblem(name, root)).toBeUndefined();
    await build(optionsFor(name, root, folder));
    const { code, stdout, stderr } = await run(join(folder, `${name}.js`));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toBe('');
  });
});

test('an entry that does not exist, or a name that is not in the table, is refused with what to do', () => {
  expect(bundleProblem('operator', folder)).toContain('its entry operator/main.ts does not exist');
  expect(bundleProblem('toaster', root)).toContain('cannot bundle toaster: it is not in scripts/bundles.ts; known are operator');
});
