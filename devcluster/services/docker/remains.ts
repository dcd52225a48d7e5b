// Ends an engine and takes away what it made: containers, daemons, mounts, control groups, bridges, files. Also what a killed one left.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readJson, writeJson } from '../../files.ts';
import { type ProcessIdentity, processTable, terminate } from '../../processes.ts';
import { type Range, removeBridges } from './network.ts';

const run = promisify(execFile);

/** What has to be known of an engine to remove it. */
export interface EngineRecord {
  /** Absent until it was started. */
  readonly engine?: ProcessIdentity;
  /** Path of the program. */
  readonly ip: string;
  readonly range: Range;
  /** Name of the group that all its containers are in, below every controller. */
  readonly cgroup: string;
}

const graceMs = 15_000;
const groups = '/sys/fs/cgroup';
const recordOf = (folder: string) => join(folder, 'engine.json');

/** Notes an engine, so that anybody can remove it. */
export function writeRecord(folder: string, record: EngineRecord): void {
  writeJson(recordOf(folder), record);
}

/** Ends the engine of a folder, running or not, and removes the folder. */
export async function removeEngine(folder: string): Promise<void> {
  const record = readJson<EngineRecord>(recordOf(folder));
  if (record !== undefined) {
    // Containers get no time to end in order: nobody will ask for what they did. The engine does, and frees what it holds.
    for (const pid of groupsNamed(record.cgroup).flatMap(processesOf)) kill(pid);
    if (record.engine !== undefined) await terminate(record.engine, graceMs);
    const cgroups = groupsNamed(record.cgroup);
    for (const pid of [...cgroups.flatMap(processesOf), ...daemonsOf(folder)]) kill(pid);
    await unmountBelow(folder);
    for (const group of cgroups) await removeGroup(group);
    await removeBridges(record.ip, record.range);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Daemons that were started with paths of the folder; other engines of this machine have other ones. */
function daemonsOf(folder: string): readonly number[] {
  const names = ['dockerd', 'containerd', 'containerd-shim-runc-v2', 'runc'];
  return processTable().filter(({ pid }) => {
    const [program = '', ...words] = wordsOf(pid);
    return names.includes(basename(program)) && words.some((word) => word.includes(`${folder}/`));
  }).map(({ pid }) => pid);
}

function wordsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

async function unmountBelow(folder: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')[4] ?? '');
  // Deepest first. Lazily: a process that was just killed may hold one for a moment.
  for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).toReversed()) await run('umount', ['--lazy', mount]).catch(() => {});
}

/** The group below each controller, or below the root where there is one tree. */
function groupsNamed(name: string): readonly string[] {
  return [groups, ...foldersIn(groups)].map((folder) => join(folder, name)).filter((folder) => filesIn(folder).length > 0);
}

function processesOf(group: string): readonly number[] {
  return [...numbersIn(join(group, 'cgroup.procs')), ...foldersIn(group).flatMap(processesOf)];
}

function numbersIn(file: string): readonly number[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map(Number);
  } catch {
    return [];
  }
}

/** The kernel lets go of a group a moment after its last process: some are tried more than once. */
async function removeGroup(group: string): Promise<void> {
  for (const child of foldersIn(group)) await removeGroup(child);
  for (let tries = 0; tries < 50; tries += 1) {
    try {
      return rmdirSync(group);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return;
      await sleep(20);
    }
  }
}

function filesIn(folder: string): readonly { readonly name: string; isDirectory(): boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

const foldersIn = (folder: string) => filesIn(folder).filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
