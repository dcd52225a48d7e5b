import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '#platform/clock.ts';
import { removeTree } from '#sandbox/remove-tree.ts';
import { bareJail } from './bare.ts';
import type { Jail, JailOrder } from './launcher.ts';
import { openJail } from './open.ts';
import { measureStart } from './start-cost.ts';
import { jailProgram, nativeProgram, ownJail } from './testing.ts';

let scratch: string;
let program: string;
let jail: Jail;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'jail-'));
  program = await jailProgram();
  jail = await ownJail();
}, 120_000);

afterAll(() => removeTree(scratch));

const system = ['/usr', '/bin', '/lib', '/lib64', '/etc/ld.so.cache'];
const orderFor = (command: readonly string[], rest: Partial<JailOrder> = {}): JailOrder => ({ command, folder: scratch, env: { PATH: '/usr/bin:/bin' }, writable: [scratch], readable: system, network: 'none', stdin: 'none', limits: { wallMs: 15_000 }, ...rest });

async function inJail(script: string, rest: Partial<JailOrder> = {}, host: Jail = jail) {
  const jailed = host.start(orderFor(['/bin/sh', '-c', script], rest));
  const [stdout, stderr, end] = await Promise.all([text(jailed.stdout), text(jailed.stderr), jailed.ended]);
  return { stdout, stderr, end };
}

const isAlive = (pid: number) => new Promise((resolve) => execFile('ps', ['-o', 'stat=', '-p', String(pid)], (_, stdout) => resolve(stdout.trim() !== '' && !stdout.startsWith('Z'))));

async function expectDead(pid: number): Promise<void> {
  await expect.poll(() => isAlive(pid), { timeout: 2000, interval: 10 }).toBe(false);
}

describe('the command line is strict', () => {
  const faults: Record<string, { args: readonly string[]; says: RegExp }> = {
    'an option that does not exist': { args: ['--bogus', '1', '--', '/bin/true'], says: /^jail: --bogus: no such option/ },
    'an option without its value': { args: ['--wall-ms'], says: /its value is missing/ },
    'a number that is none': { args: ['--wall-ms', '1s', '--', '/bin/true'], says: /--wall-ms 1s: must be a whole number/ },
    'a number below 1': { args: ['--tasks', '-1', '--', '/bin/true'], says: /must be a whole number above 0/ },
    'a number beyond all bounds': { args: ['--memory-bytes', '99999999999999999999', '--', '/bin/true'], says: /must be a whole number/ },
    'a relative tree': { args: ['--read', 'usr', '--', '/bin/true'], says: /--read usr: must be an absolute path/ },
    'a network of its own kind': { args: ['--network', 'some', '--', '/bin/true'], says: /must be none or open/ },
    'no program': { args: ['--network', 'none'], says: /give either --probe or -- and a program/ },
    'a writable tree that does not exist': { args: ['--write', '/nowhere', '--', '/bin/true'], says: /open \/nowhere, which is to be writable/ },
    'a kernel without scopes, unless it is allowed': { args: ['--landlock-at-most', '5', '--', '/bin/true'], says: /signals are confined from version 6 on; --allow-partial/ },
  };
  test.each(Object.entries(faults))('%s', async (_, { args, says }) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
    const [stderr, report, [code]] = await Promise.all([text(child.stderr as NodeJS.ReadableStream), text(child.stdio[4] as NodeJS.ReadableStream), once(child, 'exit')]);
    expect(stderr).toMatch(says);
    expect(report).toContain('"error"');
    expect(code).toBe(125);
  });

  test('closed descriptors', async () => {
    const child = spawn(program, ['--', '/bin/true'], { stdio: ['ignore', 'ignore', 'pipe'] });
    expect(await text(child.stderr)).toMatch(/descriptors 3 .* and 4 .* must be open/);
  });
});

describe('what a guest has', () => {
  test('its exit code, its output, its folder and its environment', async () => {
    const { stdout, stderr, end } = await inJail('pwd; echo "$A" >&2; exit 3', { env: { A: 'b' } });
    expect([stdout, stderr]).toEqual([`${scratch}\n`, 'b\n']);
    expect(end).toMatchObject({ kind: 'report', report: { why: 'exit', exitCode: 3, reaped: 0 } });
  });

  test('standard input, when it is asked for', async () => {
    const jailed = jail.start(orderFor(['/bin/cat'], { stdin: 'pipe' }));
    jailed.stdin?.end('hello');
    expect(await text(jailed.stdout)).toBe('hello');
    expect((await inJail('cat')).stdout).toBe('');
  });

  test('none of the descriptors of whoever started the jail', async () => {
    const probe = await nativeProgram(join(import.meta.dirname, '..', 'escape', 'native'), 'escape-probe');
    const child = spawn(program, ['--read', probe, '--', probe, 'descriptors'], { stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe', 'pipe', 'pipe'] });
    const [stdout, report] = await Promise.all([text(child.stdout as NodeJS.ReadableStream), text(child.stdio[4] as NodeJS.ReadableStream)]);
    expect(stdout).toBe('');
    expect(report).toContain('"exitCode":1');
  });

  test('no capabilities, also when the jail is started by root', async () => {
    const { stdout } = await inJail('grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status', { readable: [...system, '/proc'] });
    expect(stdout.replaceAll('\t', ' ')).toBe('CapEff: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2\n');
  });

  const builds: Record<string, { script: string; prints: string }> = {
    'changes modes': { script: 'touch a; chmod 640 a; stat -c %a a', prints: '640' },
    'changes modes over links inside': { script: 'touch b; ln -s b c; chmod 600 c; stat -c %a b', prints: '600' },
    'changes modes of whole trees': { script: 'mkdir -p d/e; touch d/e/f; chmod -R 700 d; stat -c %a d/e/f', prints: '700' },
    'changes modes by absolute paths': { script: 'touch g; chmod 611 "$PWD/g"; stat -c %a g', prints: '611' },
    'changes times': { script: 'touch h; touch -d @1 h; stat -c %Y h', prints: '1' },
    'changes times of links': { script: 'ln -s nowhere i; touch -h -d @2 i; stat -c %Y i', prints: '2' },
    'touches to now': { script: 'touch -d @1 j; touch j; test $(stat -c %Y j) -gt 1000 && echo new', prints: 'new' },
    'copies with modes and times': { script: 'touch -d @3 k; chmod 604 k; cp -p k l; stat -c "%a %Y" l', prints: '604 3' },
    'moves files between folders': { script: 'mkdir m n; touch m/o; mv m/o n/o; ls n', prints: 'o' },
    'links files between folders': { script: 'mkdir p q; touch p/r; ln p/r q/r; stat -c %h q/r', prints: '2' },
    'makes fifos': { script: 'mkfifo s; (echo through > s) & cat s', prints: 'through' },
    'is told of files that are not there': { script: 'chmod 600 nowhere 2>&1', prints: "chmod: cannot access 'nowhere': No such file or directory" },
    'throws away what it prints': { script: 'echo x > /dev/null && echo kept', prints: 'kept' },
    'pipes': { script: 'printf "b\\na\\n" | sort | head -1', prints: 'a' },
  };
  test.each(Object.entries(builds))('the right to what builds do: it %s', async (_, { script, prints }) => {
    const { stdout, stderr } = await inJail(script);
    expect({ stdout: stdout.trim(), stderr }).toEqual({ stdout: prints, stderr: '' });
  });
});

describe('the end', () => {
  const sleeper = '(setsid sleep 1000 > /dev/null 2>&1 & echo $!); sleep 1000';
  const firstPid = async (stream: NodeJS.ReadableStream) => Number(String((await once(stream, 'data'))[0]));

  test('a stop kills the whole tree and tells how many were left', async () => {
    const jailed = jail.start(orderFor(['/bin/sh', '-c', sleeper]));
    const pid = await firstPid(jailed.stdout);
    jailed.stop();
    expect(await jailed.ended).toMatchObject({ kind: 'report', report: { why: 'stopped', signal: 'SIGKILL', reaped: expect.any(Number) as number } });
    await expectDead(pid);
  });

  test('orphans are counted and dead when the guest ends by itself', async () => {
    const { end } = await inJail('for i in 1 2 3; do setsid sleep 1000 > /dev/null 2>&1 & done; sleep 0.1');
    expect(end).toMatchObject({ kind: 'report', report: { why: 'exit', exitCode: 0, reaped: 3 } });
  });

  test('a signal to the jail kills the tree', async () => {
    const child = spawn(program, ['--write', scratch, ...system.flatMap((path) => ['--read', path]), '--', '/bin/sh', '-c', sleeper], { stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'] });
    const pid = await firstPid(child.stdout as NodeJS.ReadableStream);
    child.kill('SIGTERM');
    expect(await text(child.stdio[4] as NodeJS.ReadableStream)).toContain('"why":"stopped"');
    await expectDead(pid);
  });

  test('the tree dies with the process that started it, however that dies', async () => {
    const order = JSON.stringify(orderFor(['/bin/sh', '-c', sleeper]));
    const source = `import { startJailed } from ${JSON.stringify(join(import.meta.dirname, 'jailed.ts'))}; import { argumentsOf } from ${JSON.stringify(join(import.meta.dirname, 'arguments.ts'))}; const order = ${order}; startJailed(${JSON.stringify(program)}, argumentsOf(order, false), order).stdout.pipe(process.stdout);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await firstPid(parent.stdout);
    expect(await isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expectDead(pid);
  });
});

describe('what a host cannot enforce is told', () => {
  const lesser: Record<string, { part: string; boundary: string; says: RegExp }> = {
    'no Landlock': { part: 'landlock', boundary: 'none', says: /no Landlock \(version 0\).*user of the agent/ },
    'no seccomp filters': { part: 'seccomp', boundary: 'partial', says: /system calls are not filtered/ },
    'another listener': { part: 'listener', boundary: 'partial', says: /mode and times of files/ },
  };
  test.each(Object.entries(lesser))('%s', async (_, { part, boundary, says }) => {
    const probe = await nativeProgram(join(import.meta.dirname, '..', 'escape', 'native'), 'escape-probe');
    const wrapper = join(scratch, `jail-without-${part}`);
    await writeFile(wrapper, `#!/bin/sh\nexec ${probe} without ${part} ${program} "$@"\n`);
    await chmod(wrapper, 0o755);
    const host = await openJail({ program: wrapper, clock: systemClock });
    expect(host.report.boundary).toBe(boundary);
    expect(host.report.reasons.join('; ')).toMatch(says);
    await mkdir(join(scratch, part));
    const { stdout } = await inJail('touch a; chmod 640 a; stat -c %a a; cat /etc/hostname > /dev/null 2>&1 && echo read', { folder: join(scratch, part) }, host);
    expect(stdout).toBe(boundary === 'none' ? '640\nread\n' : '640\n');
  });

  test('an old Landlock, with each thing that it lacks', async () => {
    const { report } = await ownJail(2);
    expect(report.boundary).toBe('partial');
    expect(report.reasons.join('; ')).toMatch(/signals reach other processes.*cut short/);
  });

  test('a program that is not there, and one that is no jail', async () => {
    expect((await openJail({ program: '/nowhere/jail', clock: systemClock })).report).toMatchObject({ boundary: 'none', reasons: expect.arrayContaining(['no jail is at work on this agent: /nowhere/jail does not exist']) as string[] });
    expect((await openJail({ program: '/bin/echo', clock: systemClock })).report.reasons[0]).toMatch(/gave an answer that is not understood/);
    expect((await openJail({ program: '/bin/false', clock: systemClock })).report.reasons[0]).toMatch(/\/bin\/false failed/);
  });
});

test('orders that cannot be started are told, not thrown', async () => {
  const { end } = await inJail('', { folder: '/nowhere' });
  expect(end).toMatchObject({ kind: 'broken', neverRan: true });
  expect(await jail.start(orderFor(['/bin/echo', 'a\0b'])).ended).toMatchObject({ kind: 'broken', neverRan: true });
  expect(await jail.start(orderFor(['/nowhere/x'])).ended).toMatchObject({ kind: 'broken', neverRan: true, message: 'start /nowhere/x: No such file or directory' });
});

test('the cost of a start is small', async () => {
  const { jailedMs, bareMs, addedMs } = await measureStart({ jail, bare: bareJail('a floor', systemClock) }, systemClock, 10);
  console.log(`start: ${jailedMs.toFixed(1)} ms jailed, ${bareMs.toFixed(1)} ms bare, ${addedMs.toFixed(1)} ms added`);
  expect(addedMs).toBeLessThan(250);
});
