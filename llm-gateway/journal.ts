// The file behind the ledger: appended, flushed to the disk before a call goes out, written anew at start. One process at a time.
import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { LedgerEvent } from '#api/llm-journal.ts';
import { messageOf } from '#platform/errors.ts';
import { syncFolder } from '#platform/sync-folder.ts';
import type { Log } from '#platform/telemetry/log.ts';

export interface Journal {
  /** Resolves when this event and all before it are on the disk. Rejects for good after the first failure. */
  append(event: LedgerEvent): Promise<void>;
  /** Why nothing can be written any more; undefined while all is well. */
  fault(): string | undefined;
  close(): Promise<void>;
}

const fileName = 'journal.jsonl';

/** The events on the disk, oldest first; none when there is no journal yet. */
export async function readJournal(folder: string): Promise<readonly LedgerEvent[]> {
  const path = join(folder, fileName);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  // What follows the last newline was being written when the process died, and nobody was told that it was there.
  return text.split('\n').slice(0, -1).map((line, index) => parseLine(line, `${path}:${index + 1}`));
}

function parseLine(line: string, where: string): LedgerEvent {
  try {
    return LedgerEvent.parse(JSON.parse(line));
  } catch (cause) {
    throw new Error(`read ${where}: it is no line of a journal, so nobody knows what was spent; restore the file, or move it away to begin at zero`, { cause });
  }
}

/** Replaces the journal by these events and opens it for more. */
export async function createJournal(folder: string, events: readonly LedgerEvent[], log: Log): Promise<Journal> {
  await mkdir(folder, { recursive: true });
  const next = join(folder, `${fileName}.next`);
  const file = await open(next, 'w', 0o600);
  await file.appendFile(events.map(lineOf).join(''));
  await file.datasync();
  await rename(next, join(folder, fileName));
  await syncFolder(folder);
  return new FileJournal(file, log);
}

class FileJournal implements Journal {
  readonly #file: FileHandle;
  readonly #log: Log;
  #waiting: string[] = [];
  #flush: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  #fault: string | undefined;

  constructor(file: FileHandle, log: Log) {
    this.#file = file;
    this.#log = log;
  }

  append(event: LedgerEvent): Promise<void> {
    if (this.#fault !== undefined) return Promise.reject(new Error(`write the journal: ${this.#fault}; see to the volume and restart`));
    this.#waiting.push(lineOf(event));
    // Everything that comes while the disk is busy goes with the next flush.
    this.#flush ??= this.#last = this.#last.then(() => this.#write());
    return this.#flush;
  }

  fault(): string | undefined {
    return this.#fault;
  }

  async close(): Promise<void> {
    await this.#last.catch(() => {});
    await this.#file.close();
  }

  async #write(): Promise<void> {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#flush = undefined;
    try {
      await this.#file.appendFile(lines.join(''));
      await this.#file.datasync();
    } catch (cause) {
      // What a failed flush left on the disk is not known: only a new start reads it again.
      this.#fault = `the journal cannot be written: ${messageOf(cause)}`;
      this.#log.error('the journal cannot be written; no call is let through until the process starts anew', { error: messageOf(cause) });
      throw new Error('write the journal: it failed, so the call may not go out; see to the volume and restart', { cause });
    }
  }
}

function lineOf(event: LedgerEvent): string {
  return `${JSON.stringify(event)}\n`;
}
