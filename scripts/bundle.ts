// Bundles entries into dist/<name>.js: `node scripts/bundle.ts [--out FOLDER] [name...]`, all of them unless told. What a process starts comes with it, and a bill of what is inside (<name>.cdx.json).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type Metafile } from 'esbuild';
import manifest from '#package.json' with { type: 'json' };
import { bundleProblem, optionsFor } from './bundle-options.ts';
import { bundles, isBundleName, withChildren, type BundleName } from './bundles.ts';
import { buildGuest } from './guest/build.ts';
import { toolCache } from './guest/toolchain.ts';
import { type LockFile, type PackageBeside, sbomOf } from './images/sbom.ts';
import { buildJail } from './jail.ts';
import { copyNativePackages } from './native-packages.ts';
import { buildPage } from './page.ts';
import { copyWeights } from './weights.ts';

const root = dirname(import.meta.dirname);
const { values, positionals } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } }, allowPositionals: true });
const outFolder = resolve(values.out);
const lockAt = (...folder: readonly string[]) => JSON.parse(readFileSync(join(root, ...folder, 'package-lock.json'), 'utf8')) as LockFile;
const lock = lockAt();
/** What of its tools is in the guest: the engine, and the code that binds it. */
const guestMakers = ['componentize-qjs', '@bytecodealliance/jco'];

/** What each bundle was made of, as esbuild says. */
async function bundleAll(names: readonly BundleName[]): Promise<ReadonlyMap<BundleName, Metafile>> {
  mkdirSync(outFolder, { recursive: true });
  // Beside the bundles, so that Node takes them for modules without trying.
  writeFileSync(join(outFolder, 'package.json'), '{ "type": "module" }\n');
  const made = new Map<BundleName, Metafile>();
  for (const name of names) {
    const started = performance.now();
    const { metafile } = await build({ ...optionsFor(name, root, outFolder), metafile: true });
    made.set(name, metafile);
    console.log(`bundled  ${relative(process.cwd(), join(outFolder, `${name}.js`))}  ${Math.round(performance.now() - started)} ms`);
  }
  return made;
}

/** What lies beside a bundle, and is not in it. */
interface Beside {
  readonly metafiles: readonly Metafile[];
  readonly packages: readonly PackageBeside[];
}

/** Makes what the bundle of that name needs beside it. */
async function makeBeside(name: BundleName): Promise<Beside> {
  if (name === 'agent') {
    const copied = copyNativePackages(root, outFolder);
    await buildJail(root, join(outFolder, 'jail'));
    return { metafiles: [], packages: copied.map((each) => ({ name: each, lock })) };
  }
  if (name === 'wasm-runner') {
    await buildGuest({ root, out: join(outFolder, 'wasm'), cache: toolCache(process.env), say: console.log });
    const tools = lockAt('toolchain', 'jco');
    return { metafiles: [], packages: guestMakers.map((each) => ({ name: each, lock: tools })) };
  }
  if (name === 'mirror') return { metafiles: [], packages: copyWeights(root, outFolder).map((each) => ({ name: each, lock })) };
  if (name === 'console') return { metafiles: [await buildPage({ root, out: join(outFolder, 'console-page') })], packages: [] };
  return { metafiles: [], packages: [] };
}

async function bundleWith(wanted: readonly BundleName[]): Promise<void> {
  const names = withChildren(wanted);
  const made = await bundleAll(names);
  const beside = new Map<BundleName, Beside>();
  for (const name of names) beside.set(name, await makeBeside(name));
  for (const name of wanted) {
    const parts = withChildren([name]);
    const metafiles = parts.flatMap((part) => [made.get(part), ...(beside.get(part)?.metafiles ?? [])]).filter((metafile) => metafile !== undefined);
    const sbom = sbomOf({ name, version: manifest.version, metafiles, lock, beside: parts.flatMap((part) => beside.get(part)?.packages ?? []) });
    writeFileSync(join(outFolder, `${name}.cdx.json`), `${JSON.stringify(sbom, undefined, 2)}\n`);
  }
}

const wanted = positionals.length === 0 ? Object.keys(bundles) : positionals;
const problems = wanted.map((name) => bundleProblem(name, root)).filter((problem) => problem !== undefined);
if (problems.length > 0) {
  for (const problem of problems) console.error(`error: ${problem}`);
  process.exitCode = 1;
} else await bundleWith(wanted.filter(isBundleName));
