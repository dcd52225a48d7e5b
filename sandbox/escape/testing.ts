// Starts the attempts as a user without any rights: what root may not do proves nothing. A root that runs the tests steps down for it.
import { spawn } from 'node:child_process';
import { chmod, chown, copyFile, link, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { jailProgram, nativeProgram } from '#sandbox/jail/testing.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { survivorsOf } from './damage.ts';
import { canary } from './host.ts';
import type { Record, SuiteOptions } from './record.ts';

/** Longest run of the suite, in milliseconds; a stopped one would wait for ever. */
const longestMs = 150_000;
/** User ids for suites, one for each process that runs tests: limits of tasks count per user. */
const [firstUser, users] = [61_000, 4000];

/** Runs the whole list; the records in the order of the runs. Rejects when the suite itself breaks. */
export async function runSuite(): Promise<readonly Record[]> {
  const root = await mkdtemp(join(tmpdir(), 'escape-'));
  const user = process.getuid?.() === 0 ? firstUser + (process.pid % users) : undefined;
  try {
    const { node, ...options } = await furnish(root);
    if (user !== undefined) await hand(root, options.scratch, user);
    return await start(node, join(root, 'suite.js'), options, user);
  } finally {
    if (user !== undefined) survivorsOf(user).forEach((pid) => process.kill(pid, 'SIGKILL'));
    await removeTree(root);
  }
}

/** Puts everything the suite needs into `root`: a checkout and a cache may be out of another user's reach. */
async function furnish(root: string): Promise<SuiteOptions & { readonly node: string }> {
  const bin = join(root, 'bin');
  const scratch = join(root, 'scratch');
  await Promise.all([mkdir(bin), mkdir(scratch)]);
  const node = join(bin, 'node');
  await link(process.execPath, node).catch(() => copyFile(process.execPath, node));
  const programs = { jailProgram: join(bin, 'jail'), probeProgram: join(bin, 'probe') };
  await copyFile(await jailProgram(), programs.jailProgram);
  await copyFile(await nativeProgram(join(import.meta.dirname, 'native'), 'escape-probe'), programs.probeProgram);
  await writeFile(join(root, 'package.json'), '{ "type": "module" }\n');
  const requires = "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";
  await build({ entryPoints: [join(import.meta.dirname, 'main.ts')], outfile: join(root, 'suite.js'), bundle: true, platform: 'node', format: 'esm', target: 'node24', logLevel: 'error', banner: { js: requires } });
  return { node, scratch, ...programs };
}

async function hand(root: string, scratch: string, user: number): Promise<void> {
  await chmod(root, 0o755);
  await chown(scratch, user, user);
}

async function start(node: string, program: string, options: SuiteOptions, user: number | undefined): Promise<readonly Record[]> {
  const child = spawn(node, [program, JSON.stringify(options)], {
    cwd: options.scratch,
    // A group of its own, which some attempts aim at.
    detached: true,
    env: { CODITECT_CANARY: canary, TMPDIR: options.scratch },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: longestMs,
    killSignal: 'SIGKILL',
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  const exited = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  const [output, complaint, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  if (code !== 0) throw new Error(`run the attempts to break out: the suite ended with ${code ?? child.signalCode ?? 'nothing'}, so nothing is proved: ${complaint.slice(-2000)}`);
  return output.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record);
}
