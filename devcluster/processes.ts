// Processes that outlive their starter: each has a record of pid and start time, because pids are used again.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** One process, told apart from a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; differs for every process that ever had this pid. */
  readonly startTime: string;
}

/** What is needed to start a program again in the same way. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** File that stdout and stderr are appended to. */
  readonly log: string;
}

/** Line of the kernel's process table; Linux only. */
export interface ProcessEntry {
  readonly pid: number;
  readonly state: string;
  readonly group: number;
  readonly session: number;
  readonly startTime: string;
}

/** Parses /proc/<pid>/stat; the program's name may itself hold spaces and parentheses. */
export function parseStat(text: string): ProcessEntry | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, , group, session] = fields;
  const startTime = fields[19];
  if (state === undefined || startTime === undefined) return undefined;
  return { pid: Number.parseInt(text, 10), state, group: Number(group), session: Number(session), startTime };
}

function entryOf(pid: number): ProcessEntry | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Start time of a live process; undefined when it is gone or a zombie. */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const entry = entryOf(pid);
    return entry === undefined || entry.state === 'Z' ? undefined : entry.startTime;
  }
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** True while exactly this process runs. */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  return startTimeOf(pid) === startTime;
}

/** Identity of a process that was just started; of a child also when it has ended already, as long as nobody was told. */
export function identify(pid: number): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid) ?? entryOf(pid)?.startTime ?? 'gone' };
}

/** Starts a program in a session of its own, so that it outlives the starter and its terminal. */
export function launch({ file, args, folder, env, log }: Launch): ProcessIdentity {
  const out = openSync(log, 'a', 0o600);
  try {
    const child = spawn(file, args, { cwd: folder, env, detached: true, stdio: ['ignore', out, out] });
    child.on('error', () => {}); // the caller learns of it from the missing pid
    if (child.pid === undefined) throw new Error(`start ${file}: it cannot be executed, so the cluster cannot start; check that the file exists and is a program`);
    child.unref();
    return identify(child.pid);
  } finally {
    closeSync(out);
  }
}

/** Sends a signal to exactly this process; false when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

/** SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone. A stopped process is continued first. */
export async function terminate(identity: ProcessIdentity, graceMs: number): Promise<void> {
  signalProcess(identity, 'SIGTERM');
  signalProcess(identity, 'SIGCONT');
  if (await isGoneWithin(identity, graceMs)) return;
  signalProcess(identity, 'SIGKILL');
  await isGoneWithin(identity, 5000);
}

async function isGoneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (isAlive(identity)) {
    if (performance.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}

/** All processes of this machine; empty where there is no /proc. */
export function processTable(): readonly ProcessEntry[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => entryOf(Number(name)))
    .filter((entry) => entry !== undefined);
}

/** Real user id of a process, or undefined when it is gone. */
export function userOf(pid: number): number | undefined {
  try {
    const [, user] = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return user === undefined ? undefined : Number(user);
  } catch {
    return undefined;
  }
}

/** Whether this process may become any user. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
