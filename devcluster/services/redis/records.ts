// Which servers run in a folder: read by whoever ends them.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJson } from '../../files.ts';
import type { Launch, ProcessIdentity } from '../../processes.ts';

/** How a server was started, and which process it is. */
export interface NodeRecord {
  readonly launch: Launch;
  readonly process: ProcessIdentity;
}

/** The servers that were started in a folder. */
export function nodeRecords(folder: string): readonly NodeRecord[] {
  try {
    const names = readdirSync(folder).filter((name) => /^node-\d+\.json$/.test(name));
    return names.map((name) => readJson<NodeRecord>(join(folder, name))).filter((record) => record !== undefined);
  } catch {
    return [];
  }
}
