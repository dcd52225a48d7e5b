// The conformance suite as data: what every back end must do with the same small programs. A back end's test runs all of them.
import { link, mkdir, symlink, truncate, writeFile, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandAction, Limits, RunResult } from './port.ts';

/** One program, run once in a folder that holds `greeting.txt` with the text `hello`. */
export interface RunCase {
  /** JavaScript for Node; the back end's test says by which command it runs. */
  readonly program: string;
  readonly limits?: Partial<Limits>;
  readonly action?: Partial<CommandAction>;
  /** Abort the run as soon as it has written something. */
  readonly abortAtFirstOutput?: boolean;
  readonly want: Partial<RunResult>;
}

/** Bounds of a case that names none. */
export const caseLimits: Limits = { wallMs: 15_000, outputBytes: 64 * 1024 };

const spawnSleeper = (options: string) =>
  `const c = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], ${options}); c.unref(); console.log(c.pid);`;

/** Programs and how they must end. */
export const runCases: Readonly<Record<string, RunCase>> = {
  'a program that ends with 0 is completed and its output is kept': {
    program: `process.stdout.write('out'); process.stderr.write('err');`,
    want: { ending: 'completed', exitCode: 0, stdout: 'out', stderr: 'err' },
  },
  'another exit code is a failure with that code': { program: 'process.exit(3)', want: { ending: 'failed', exitCode: 3 } },
  'a signal is a failure without an exit code': { program: `process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 1e6)`, want: { ending: 'failed', signal: 'SIGTERM' } },
  'copied files are found in the working folder': { program: `process.stdout.write(require('node:fs').readFileSync('greeting.txt', 'utf8'))`, want: { ending: 'completed', stdout: 'hello' } },
  'the environment is what the action names, and four variables of the sandbox': {
    program: `process.stdout.write(Object.keys(process.env).sort().join(' '))`,
    action: { env: { COLOUR: 'none' } },
    want: { ending: 'completed', stdout: 'COLOUR HOME LANG PATH TMPDIR' },
  },
  'standard input is empty': { program: `process.stdin.on('data', () => {}).on('end', () => process.stdout.write('end'))`, want: { ending: 'completed', stdout: 'end' } },
  'a program that runs too long is killed': { program: 'setInterval(() => {}, 1e6)', limits: { wallMs: 300 }, want: { ending: 'timeout' } },
  'a program that ignores SIGTERM is killed all the same': { program: `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6)`, limits: { wallMs: 300 }, want: { ending: 'timeout' } },
  'endless output ends the run and is kept up to the cap': {
    program: `const line = 'x'.repeat(999) + '\\n'; const more = () => { while (process.stdout.write(line)); process.stdout.once('drain', more); }; more();`,
    limits: { outputBytes: 5 },
    want: { ending: 'outputCap', stdout: 'xxxxx' },
  },
  'an abort kills the program': { program: `console.log('started'); setInterval(() => {}, 1e6)`, abortAtFirstOutput: true, want: { ending: 'aborted', stdout: 'started\n' } },
  'a working folder outside is denied': { program: '', action: { workingFolder: '../..' }, want: { ending: 'denied' } },
  'a working folder that does not exist is denied': { program: '', action: { workingFolder: 'nowhere' }, want: { ending: 'denied' } },
  'a program that is not installed is a missing tool': { program: '', action: { command: ['coditect-no-such-tool'] }, want: { ending: 'missingTool', message: 'coditect-no-such-tool is not installed on this agent' } },
  'an empty command is denied': { program: '', action: { command: [] }, want: { ending: 'denied' } },
  'an argument with a NUL is denied': { program: 'a\0b', want: { ending: 'denied' } },
};

/** Programs that print the pid of a process they leave behind, which must be dead when the run has ended. */
export const orphanCases: Readonly<Record<string, string>> = {
  'a child that outlives its parent': spawnSleeper(`{ stdio: 'ignore' }`),
  'a child in a process group of its own': spawnSleeper(`{ stdio: 'ignore', detached: true }`),
  'a child that holds the output open': spawnSleeper(`{ stdio: 'inherit' }`),
};

/** Folders that must not be copied: what is planted, and the words of the refusal. */
export const copyCases: Readonly<Record<string, { readonly plant: (folder: string) => Promise<void>; readonly refusal: RegExp }>> = {
  'an absolute link': { plant: (folder) => symlink('/etc/passwd', join(folder, 'link')), refusal: /"link" links out/ },
  'a link above the folder': { plant: (folder) => symlink('../outside', join(folder, 'link')), refusal: /"link" links out/ },
  'a link that leaves through another link': {
    plant: async (folder) => {
      await mkdir(join(folder, 'a'));
      await symlink('..', join(folder, 'a', 'up'));
      await symlink('a/up/../outside', join(folder, 'link'));
    },
    refusal: /"link" links out/,
  },
  'a hard link to a file outside': {
    plant: async (folder) => {
      await writeFile(join(folder, '..', 'outside'), 'x');
      await link(join(folder, '..', 'outside'), join(folder, 'two'));
    },
    refusal: /hard links/,
  },
  'a set-id program': {
    plant: async (folder) => {
      await writeFile(join(folder, 'su'), 'x');
      await chmod(join(folder, 'su'), 0o4755);
    },
    refusal: /"su" is a set-id program/,
  },
  'a sparse file of a tebibyte': {
    plant: async (folder) => {
      await writeFile(join(folder, 'sparse'), '');
      await truncate(join(folder, 'sparse'), 2 ** 40);
    },
    refusal: /more than 1048576 bytes/,
  },
  'more entries than allowed': { plant: async (folder) => void (await Promise.all(Array.from({ length: 101 }, (_, index) => writeFile(join(folder, `f${index}`), '')))), refusal: /more than 100 entries/ },
};

/** Caps that `copyCases` are written for. */
export const copyCaps = { maxFiles: 100, maxBytes: 1_048_576 } as const;
