// Files with events: written under the name of their content, and read only if they are what their manifest says.
import { createHash } from 'node:crypto';
import type { Manifest, Part } from '#api/archive.ts';
import { messageOf } from '#platform/errors.ts';
import { type Column, readRows, writeRows } from '#platform/parquet/rows.ts';
import { isS3Error } from '#platform/s3/error.ts';
import { dayFolder, partKey } from './decide/layout.ts';
import type { Draft } from './decide/parts.ts';
import type { KeptRow } from './decide/rows.ts';
import { ArchiveError, type Place } from './ports.ts';

/** Writes a file; the same rows again write the same object. */
export async function writePart({ store, prefix }: Place, of: Pick<Manifest, 'stream'>, { rows, ...draft }: Draft, signal: AbortSignal): Promise<Part> {
  const body = writeRows(rows);
  const part = { ...draft, rows: rows.length, bytes: body.length, sha256: digestOf(body) };
  const key = partKey(prefix, of, part);
  await store.put(key, body, { contentType: 'application/vnd.apache.parquet' }, signal);
  return { key, ...part };
}

const kept = ['sequence', 'position', 'tenant', 'type', 'mission', 'event'] as const satisfies readonly Column[];

/** Rows of a file, checked by its size and its checksum before one of them is given. Rejects with the name of the file. */
export async function* readPart({ store, prefix }: Place, part: Part, signal: AbortSignal): AsyncGenerator<readonly KeptRow[]> {
  const { key, tenant, day } = part;
  if (!key.startsWith(dayFolder(prefix, tenant, day))) throw refused(part, `it does not lie where events of ${tenant} of that day lie`);
  const body = await fetched({ store, prefix }, part, signal);
  let rows = 0;
  try {
    for await (const group of readRows(body, kept)) {
      if (group.some((row) => row.tenant !== tenant)) throw refused(part, 'it holds events of another tenant');
      rows += group.length;
      yield group;
    }
  } catch (error) {
    throw error instanceof ArchiveError ? error : refused(part, messageOf(error));
  }
  if (rows !== part.rows) throw refused(part, `it has ${rows} rows instead of ${part.rows}`);
}

/** Reads a file and checks it; nobody looks at its rows. */
export async function checkPart(place: Place, part: Part, signal: AbortSignal): Promise<void> {
  for await (const group of readPart(place, part, signal)) void group;
}

async function fetched({ store }: Place, part: Part, signal: AbortSignal): Promise<Uint8Array> {
  const body = await store.get(part.key, signal).catch((error: unknown) => {
    if (isS3Error(error, 'missing')) throw refused(part, 'it is not there');
    throw isS3Error(error, 'spoilt') ? refused(part, changed) : error;
  });
  if (body.length !== part.bytes) throw refused(part, `it has ${body.length} bytes instead of ${part.bytes}`);
  if (digestOf(body) !== part.sha256) throw refused(part, changed);
  return body;
}

const changed = 'its checksum is not the one in its manifest, so it was changed';

function refused({ key }: Part, why: string): ArchiveError {
  return new ArchiveError(`read ${key} of the archive: ${why}; put it back from a backup`);
}

function digestOf(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}
