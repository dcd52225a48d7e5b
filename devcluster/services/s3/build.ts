// Where the S3 server comes from: its Go module.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureGoProgram, type FoundProgram, type GoProgram } from '../go-program.ts';

const program = { name: 'S3', moduleFolder: fileURLToPath(new URL('.', import.meta.url)), main: 'github.com/versity/versitygw/cmd/versitygw', file: 'versitygw', takes: 'two minutes' } as const;

/** Path of the server; builds it when it is not in the cache, which takes two minutes. Without Go there is none, and the answer says so. */
export function ensureS3({ cacheFolder, progress }: Pick<GoProgram, 'cacheFolder' | 'progress'>): Promise<FoundProgram> {
  return ensureGoProgram({ ...program, cacheFolder: join(cacheFolder, 's3'), ...(progress === undefined ? {} : { progress }) });
}
