// Bundles entries into dist/<name>.js: `node scripts/bundle.ts [--out FOLDER] [name...]`, all of them unless told. What a process starts comes with it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { bundleProblem, optionsFor } from './bundle-options.ts';
import { bundles, isBundleName, withChildren, type BundleName } from './bundles.ts';
import { buildGuest } from './guest/build.ts';
import { toolCache } from './guest/toolchain.ts';
import { buildJail } from './jail.ts';
import { copyNativePackages } from './native-packages.ts';
import { buildPage } from './page.ts';
import { copyWeights } from './weights.ts';

const root = dirname(import.meta.dirname);
const { values, positionals } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } }, allowPositionals: true });
const outFolder = resolve(values.out);

async function bundleAll(names: readonly BundleName[]): Promise<void> {
  mkdirSync(outFolder, { recursive: true });
  // Beside the bundles, so that Node takes them for modules without trying.
  writeFileSync(join(outFolder, 'package.json'), '{ "type": "module" }\n');
  for (const name of names) {
    const started = performance.now();
    await build(optionsFor(name, root, outFolder));
    console.log(`bundled  ${relative(process.cwd(), join(outFolder, `${name}.js`))}  ${Math.round(performance.now() - started)} ms`);
  }
}

const wanted = positionals.length === 0 ? Object.keys(bundles) : positionals;
const problems = wanted.map((name) => bundleProblem(name, root)).filter((problem) => problem !== undefined);
if (problems.length > 0) {
  for (const problem of problems) console.error(`error: ${problem}`);
  process.exitCode = 1;
} else {
  const names = withChildren(wanted.filter(isBundleName));
  await bundleAll(names);
  if (names.includes('agent')) {
    copyNativePackages(root, outFolder);
    await buildJail(root, join(outFolder, 'jail'));
  }
  if (names.includes('mirror')) copyWeights(root, outFolder);
  if (names.includes('console')) await buildPage({ root, out: join(outFolder, 'console-page') });
  if (names.includes('wasm-runner')) await buildGuest({ root, out: join(outFolder, 'wasm'), cache: toolCache(process.env), say: console.log });
}
