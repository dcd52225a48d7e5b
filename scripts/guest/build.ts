// Makes dist/wasm: the code engine of the sandbox as a component, in JavaScript and core modules. Inputs decide whether anything is to be done.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pageBytes, wasmLimits } from '#sandbox/wasm/limits.ts';
import { faultsOfDigests, type GuestLock } from './lock.ts';
import { capMemory, codeDigest } from './sections.ts';
import { installJco } from './toolchain.ts';

const run = promisify(execFile);

export interface GuestBuild {
  /** The checkout. */
  readonly root: string;
  /** Folder that is made or replaced. */
  readonly out: string;
  /** Folder for installed tools. */
  readonly cache: string;
  readonly say: (line: string) => void;
  /** Write the digests of what was built into the lock instead of comparing them. */
  readonly relock?: boolean;
}

const sources = (root: string) => ({
  script: join(root, 'sandbox', 'wasm', 'guest', 'guest.js'),
  world: join(root, 'sandbox', 'wasm', 'guest', 'world.wit'),
  lock: join(root, 'sandbox', 'wasm', 'guest.lock.json'),
});

/** Builds the guest unless `out` was built from the same inputs already. */
export async function buildGuest(build: GuestBuild): Promise<void> {
  const inputs = await inputsOf(build);
  if (build.relock !== true && (await isBuiltFrom(inputs, build.out))) return;
  const jco = await installJco(build);
  const began = performance.now();
  await mkdir(join(build.out, '..'), { recursive: true });
  const staging = await mkdtemp(`${build.out}-staging-`);
  try {
    await compile(jco, build, staging);
    await settleDigests(build, staging);
    // So that Node looks no further up for what guest.js is: a child may not read there.
    await writeFile(join(staging, 'package.json'), '{ "type": "module" }\n');
    await writeFile(join(staging, 'inputs.txt'), inputs);
    await chmod(staging, 0o755);
    // Another build of the same inputs may have been faster, and its result be in use.
    if (build.relock === true || !(await isBuiltFrom(inputs, build.out))) await replace(staging, build.out);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  build.say(`built    the WebAssembly guest  ${Math.round(performance.now() - began)} ms`);
}

async function isBuiltFrom(inputs: string, out: string): Promise<boolean> {
  return (await readFile(join(out, 'inputs.txt'), 'utf8').catch(() => '')) === inputs;
}

/** One digest over everything that the result depends on. */
async function inputsOf({ root }: GuestBuild): Promise<string> {
  const { script, world } = sources(root);
  const files = [script, world, join(root, 'toolchain', 'jco', 'package-lock.json'), join(import.meta.dirname, 'build.ts'), join(import.meta.dirname, 'sections.ts')];
  const hash = createHash('sha256').update(`${wasmLimits.memoryBytes}\n`);
  for (const file of files) hash.update(await readFile(file));
  return hash.digest('hex');
}

async function compile(jco: string, { root }: GuestBuild, folder: string): Promise<void> {
  const { script, world } = sources(root);
  const component = join(folder, 'guest.wasm');
  const tool = (...args: readonly string[]) => run(process.execPath, [jco, ...args], { cwd: folder });
  await tool('componentize', script, '--wit', world, '--world-name', 'action', '--backend', 'qjs', '--backend-qjs-stub-wasi', '--out', component);
  await tool('transpile', component, '--out-dir', folder, '--name', 'guest', '--instantiation', 'async', '--async-mode', 'jspi', '--no-nodejs-compat', '--no-wasi-shim', '--no-typescript', '--quiet');
  await Promise.all(['guest.wasm', 'guest.d.ts', 'interfaces'].map((name) => rm(join(folder, name), { recursive: true, force: true })));
  for (const name of await modulesIn(folder)) {
    const file = join(folder, name);
    await writeFile(file, capMemory(await readFile(file), wasmLimits.memoryBytes / pageBytes));
  }
}

async function modulesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.wasm')).toSorted();
}

/** Compares what was built with the committed lock, or writes it. */
async function settleDigests({ root, relock }: GuestBuild, folder: string): Promise<void> {
  const { lock } = sources(root);
  const built: Record<string, string> = { 'guest.js': createHash('sha256').update(await readFile(join(folder, 'guest.js'))).digest('hex') };
  for (const name of await modulesIn(folder)) built[name] = codeDigest(await readFile(join(folder, name)));
  if (relock === true) return writeFile(lock, `${JSON.stringify({ digests: built } satisfies GuestLock, undefined, 2)}\n`);
  const faults = faultsOfDigests(JSON.parse(await readFile(lock, 'utf8')) as GuestLock, built);
  if (faults.length > 0) throw new Error(`build the WebAssembly guest: ${faults.join('; ')}; it is not used. When its sources or its tools were changed on purpose, run \`node scripts/build-guest.ts --lock\` and commit sandbox/wasm/guest.lock.json`);
}

/** Puts `folder` in the place of `out`, unless another build does so at the same moment. */
async function replace(folder: string, out: string): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await rename(folder, out).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}
