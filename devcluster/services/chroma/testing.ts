// A real Chroma for tests, where it is installed; said once where not.
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsFrom } from '../../settings.ts';
import { type ChromaServer, type ChromaSetup, findChroma, startChroma } from './index.ts';

const found = findChroma(settingsFrom(process.env));

/** Why tests on a real server are left out; undefined when there is one. */
export const chromaIsAbsent = found.kind === 'absent' ? found.reason : undefined;
if (chromaIsAbsent !== undefined) process.stderr.write(`tests on a real Chroma are left out: ${chromaIsAbsent}\n`);

/** A server of a test, in a folder of its own. */
export function startTestChroma(setup: Omit<ChromaSetup, 'file' | 'folder'> = {}): Promise<ChromaServer> {
  if (found.kind === 'absent') throw new Error(found.reason);
  return startChroma({ ...setup, file: found.file, folder: join(tmpdir(), `coditect-chroma-${randomUUID()}`) });
}
