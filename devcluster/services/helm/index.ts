// The real helm, with which the charts are tested as people use them.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureGoProgram, type FoundProgram, type GoProgram } from '../go-program.ts';

const program = { name: 'helm', moduleFolder: fileURLToPath(new URL('.', import.meta.url)), main: 'helm.sh/helm/v3/cmd/helm', file: 'helm', takes: 'two minutes' } as const;

/** Path of helm; builds it when it is not in the cache, which takes two minutes. Without Go there is none, and the answer says so. */
export function ensureHelm({ cacheFolder, progress }: Pick<GoProgram, 'cacheFolder' | 'progress'>): Promise<FoundProgram> {
  return ensureGoProgram({ ...program, cacheFolder: join(cacheFolder, 'helm'), ...(progress === undefined ? {} : { progress }) });
}
