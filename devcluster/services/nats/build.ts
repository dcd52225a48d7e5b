// Where the NATS server comes from: its Go module.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureGoProgram, type FoundProgram, type GoProgram } from '../go-program.ts';

const program = { name: 'NATS', moduleFolder: fileURLToPath(new URL('.', import.meta.url)), main: 'github.com/nats-io/nats-server/v2', file: 'nats-server', takes: 'half a minute' } as const;

/** Path of the server; builds it when it is not in the cache, which takes half a minute. Without Go there is none, and the answer says so. */
export function ensureNats({ cacheFolder, progress }: Pick<GoProgram, 'cacheFolder' | 'progress'>): Promise<FoundProgram> {
  return ensureGoProgram({ ...program, cacheFolder: join(cacheFolder, 'nats'), ...(progress === undefined ? {} : { progress }) });
}
