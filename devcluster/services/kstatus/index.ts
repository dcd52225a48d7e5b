// The real kstatus, by which Flux and Helm 4 tell how an object is, as a program of this machine.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureGoProgram, type FoundProgram, type GoProgram } from '../go-program.ts';

const program = { name: 'kstatus', moduleFolder: fileURLToPath(new URL('.', import.meta.url)), main: '.', file: 'kstatus', takes: 'half a minute' } as const;

/** Path of the program; builds it when it is not in the cache, which takes half a minute. Without Go there is none, and the answer says so. */
export function ensureKstatus({ cacheFolder, progress }: Pick<GoProgram, 'cacheFolder' | 'progress'>): Promise<FoundProgram> {
  return ensureGoProgram({ ...program, cacheFolder: join(cacheFolder, 'kstatus'), ...(progress === undefined ? {} : { progress }) });
}

/** What kstatus makes of one object. */
export interface KstatusVerdict {
  readonly kind: string;
  readonly name: string;
  readonly status: 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown';
  readonly message: string;
}

/** Asks the program about objects, in their order. Rejects with its words when it cannot read one. */
export async function askKstatus(file: string, objects: readonly object[]): Promise<readonly KstatusVerdict[]> {
  const child = spawn(file, [], { stdio: 'pipe' });
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  child.stdin.on('error', () => {}); // it has ended, and says itself why
  child.stdin.end(objects.map((object) => JSON.stringify(object)).join('\n'));
  const [code, output, complaint] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(`ask kstatus about ${objects.length} objects: ${complaint.trim()}; none of the answers counts`);
  return output.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as KstatusVerdict);
}
