// How far was told, on disk: a mirror that starts again tells only what is newer, and notices what has gone meanwhile.
// Losing it costs doubled telling, which readers drop; so it may be behind, and must never be ahead.
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ObjectName, Uid } from '#api/v1alpha1/schema.ts';
import { ResourceVersion } from '#api/events/change.ts';
import { messageOf } from '#platform/errors.ts';
import type { Log } from '#platform/telemetry/log.ts';

const KnownSchema = z.strictObject({ namespace: z.string(), name: ObjectName, uid: Uid, resourceVersion: ResourceVersion, mission: z.strictObject({ name: ObjectName, uid: Uid }).exactOptional(), stage: z.string() });

/** How far one kind was told. */
const Progress = z.strictObject({ version: z.union([ResourceVersion, z.literal('')]), era: z.string().max(40), known: z.array(KnownSchema) });
export type Progress = z.infer<typeof Progress>;

const File = z.strictObject({ format: z.literal(1), kinds: z.record(z.string(), Progress) });

export const nothingTold: Progress = { version: '', era: '', known: [] };

export type Checkpoint = Readonly<Record<string, Progress>>;

const fileIn = (folder: string) => join(folder, 'told.json');

/** What was told until the last process ended, by plural; empty when that is not known. */
export async function readCheckpoint(folder: string, log: Log): Promise<Checkpoint> {
  await mkdir(folder, { recursive: true });
  try {
    return File.parse(JSON.parse(await readFile(fileIn(folder), 'utf8'))).kinds;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn('cannot read how far was told; everything is told anew, and readers drop what they have', { error: messageOf(error) });
    return {};
  }
}

/** Writes what was told to this folder, unless it was written already. The old file stays until the new one is whole. */
export function createKeeper(folder: string): (kinds: Checkpoint) => Promise<void> {
  let last = '';
  return async (kinds) => {
    const text = JSON.stringify({ format: 1, kinds } satisfies z.infer<typeof File>);
    if (text === last) return;
    const draft = `${fileIn(folder)}.draft`;
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, fileIn(folder));
    last = text;
  };
}
