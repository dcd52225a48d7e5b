// The list of container processes that run now, on disk, so that they can be ended when the process node itself is gone.
import { existsSync } from 'node:fs';
import { readJson, writeJson } from './files.ts';
import { isAlive, type ProcessIdentity, processTable, userOf } from './processes.ts';

/** A container's main process; it leads a session and a process group of its own. */
export interface LedgerEntry extends ProcessIdentity {
  /** User id of its pod alone; absent when pods share the user of the node. */
  readonly user?: number;
}

export interface Ledger {
  add(entry: LedgerEntry): void;
  remove(entry: LedgerEntry): void;
}

/** A ledger in `file`; starts empty. */
export function openLedger(file: string): Ledger {
  const entries = new Map<number, LedgerEntry>();
  const save = () => writeJson(file, [...entries.values()]);
  save();
  return {
    add: (entry) => {
      entries.set(entry.pid, entry);
      save();
    },
    remove: ({ pid }) => {
      entries.delete(pid);
      save();
    },
  };
}

/** Kills every process that the ledger names, with all that they started. */
export function killLeftovers(file: string): void {
  if (!existsSync(file)) return;
  for (const entry of readJson<readonly LedgerEntry[]>(file) ?? []) {
    if (isAlive(entry)) killSession(entry.pid);
    if (entry.user !== undefined) killUser(entry.user);
  }
}

/** Kills a container's group and whatever else runs in its session. */
export function killSession(leader: number): void {
  kill(-leader);
  for (const { pid, session } of processTable()) if (session === leader) kill(pid);
}

/** Kills all processes of a pod's own user: nothing escapes by a session of its own. */
export function killUser(user: number): void {
  if (user < 100_000) return; // never a person's
  for (const { pid } of processTable()) if (userOf(pid) === user) kill(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone
  }
}
