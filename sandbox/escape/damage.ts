// What an attempt did to the host, found by looking at the host before and after, not by asking the attempt.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from './host.ts';

/** Facts of the host by name; equal facts mean that nothing was done. */
export type Traces = ReadonlyMap<string, string>;

/** Looks at secrets, victim, agent and servers. */
export async function traces(host: Host, runs: string): Promise<Traces> {
  const names = await readdir(host.outside);
  const paths = [runs, host.outside, ...names.map((name) => join(host.outside, name))];
  const files = await Promise.all(paths.map(async (path): Promise<[string, string]> => [`file ${path}`, await fileFacts(path)]));
  return new Map([
    ['files outside', names.toSorted().join(' ')],
    ...files,
    ['victim', await processFacts(host.victim.pid ?? 0)],
    ['agent', await processFacts(process.pid)],
    ...[...host.arrivals].map(([name, count]): [string, string] => [`arrivals at ${name}`, String(count)]),
  ]);
}

/** A sentence for each fact that is another one, new or gone. */
export function differences(before: Traces, after: Traces): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).map((name) => `${name}: was ${before.get(name) ?? 'not there'}, is ${after.get(name) ?? 'gone'}`);
}

async function fileFacts(path: string): Promise<string> {
  const stat = await lstat(path);
  const owner = `${(stat.mode & 0o7777).toString(8)} ${stat.uid}:${stat.gid}`;
  // Times and size of a folder change with its entries, which are looked at by name.
  if (stat.isDirectory()) return owner;
  const content = stat.isFile() ? createHash('sha256').update(await readFile(path)).digest('hex').slice(0, 12) : stat.isSymbolicLink() ? await readlink(path) : '';
  return `${owner} ${stat.nlink} ${stat.mtimeMs} ${content}`;
}

/** Niceness, policy, limits, processors, tracer and the weight for the killer of the system; `gone` for a process that is none any more. */
async function processFacts(pid: number): Promise<string> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
  const [stat, status, limits, weight] = await Promise.all([read('stat'), read('status'), read('limits'), read('oom_score_adj')]);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields.length < 40 || fields[0] === 'Z') return 'gone';
  const isStopped = fields[0] === 'T' || fields[0] === 't' ? 'stopped' : 'alive';
  const lines = status.split('\n').filter((line) => /^(TracerPid|Cpus_allowed_list|Uid):/.test(line));
  const digest = createHash('sha256').update(limits).digest('hex').slice(0, 12);
  return [isStopped, `nice ${fields[16]}`, `policy ${fields[38]}`, `limits ${digest}`, `weight ${weight.trim()}`, ...lines].join(', ').replaceAll('\t', ' ');
}

/** Living processes of this user besides `known`. */
export function survivors(known: readonly number[]): readonly number[] {
  return survivorsOf(process.getuid?.()).filter((pid) => !known.includes(pid));
}

/** Living processes of a user. Looked at in one go: what is waited for here could end meanwhile. */
export function survivorsOf(user: number | undefined): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  return pids.filter((pid) => belongsTo(user, pid));
}

function belongsTo(user: number | undefined, pid: number): boolean {
  try {
    return statSync(`/proc/${pid}`).uid === user && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** What must not lie in the folder of a run when it has ended: set-id files, devices, core files. */
export async function plantedIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir(folder)) {
    const stat = await lstat(join(folder, name));
    if ((stat.isFile() && (stat.mode & 0o6000) !== 0) || stat.isCharacterDevice() || stat.isBlockDevice() || /^core\b/.test(name)) found.push(`the run left ${name} with mode ${stat.mode.toString(8)}`);
  }
  return found;
}
