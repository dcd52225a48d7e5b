// Events as rows of a Parquet file, and back. The whole event is one column of text, as it was told; the others are for whoever asks with tools of their own.
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { type BasicType, parquetWriteBuffer } from 'hyparquet-writer';
import type { EventRow } from '#api/archive.ts';
import { messageOf, PlatformError } from '../errors.ts';

export type Column = keyof EventRow;

interface ColumnType {
  readonly type: BasicType;
  readonly isOptional?: true;
  readonly isPlain?: true;
  readonly toFile?: (value: number) => bigint | Date;
  readonly fromFile?: (value: never) => number;
}

const columns: Readonly<Record<Column, ColumnType>> = {
  id: { type: 'STRING' },
  type: { type: 'STRING' },
  version: { type: 'INT32' },
  time: { type: 'TIMESTAMP', toFile: (value) => new Date(value), fromFile: (value: Date) => value.getTime() },
  tenant: { type: 'STRING' },
  mission: { type: 'STRING', isOptional: true },
  mission_uid: { type: 'STRING', isOptional: true },
  task_uid: { type: 'STRING', isOptional: true },
  agent: { type: 'STRING', isOptional: true },
  subject: { type: 'STRING' },
  source: { type: 'STRING' },
  sequence: { type: 'INT64', toFile: (value) => BigInt(value), fromFile: (value: bigint) => Number(value) },
  position: { type: 'INT32' },
  // Every event is another one: looking for equal ones costs time and finds none.
  event: { type: 'STRING', isPlain: true },
};

/** Rows that are read at once. */
const rowsOfAGroup = 4096;
const zstd = (input: Uint8Array): Uint8Array => zstdCompressSync(input);

/** The file of these rows. Equal rows make equal bytes. */
export function writeRows(rows: readonly EventRow[]): Uint8Array {
  const columnData = (Object.entries(columns) as [Column, ColumnType][]).map(([name, { type, isOptional = false, isPlain = false, toFile }]) => ({
    name,
    type,
    nullable: isOptional,
    ...(isPlain ? { encoding: 'PLAIN' as const, statistics: false } : {}),
    data: rows.map((row) => (toFile === undefined ? row[name] : toFile(row[name] as number))),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, codec: 'ZSTD', compressors: { ZSTD: zstd }, rowGroupSize: rowsOfAGroup, createdBy: 'coditect' }));
}

/** Some columns of all rows, in their order, a few thousand rows at a time. Rejects for bytes that are no such file. */
export async function* readRows<C extends Column>(file: Uint8Array, wanted: readonly C[]): AsyncGenerator<readonly Pick<EventRow, C>[]> {
  const bytes = exactBuffer(file);
  const metadata = told(() => parquetMetadata(bytes));
  let rowStart = 0;
  for (const { num_rows: count } of metadata.row_groups) {
    const rowEnd = rowStart + Number(count);
    const found = parquetReadObjects({ file: bytes, metadata, columns: [...wanted], rowStart, rowEnd, compressors: { ZSTD: (input) => zstdDecompressSync(input) } });
    const rows = await found.catch((error: unknown) => {
      throw unreadable(error);
    });
    yield rows.map((row) => rowOf(row, wanted));
    rowStart = rowEnd;
  }
}

function rowOf<C extends Column>(row: Readonly<Record<string, unknown>>, wanted: readonly C[]): Pick<EventRow, C> {
  const entries = wanted.map((name) => {
    const { fromFile } = columns[name];
    return [name, fromFile === undefined ? (row[name] ?? null) : fromFile(row[name] as never)];
  });
  return Object.fromEntries(entries) as Pick<EventRow, C>;
}

function told<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): PlatformError {
  return new PlatformError('Parquet', `the file is no Parquet file of events: ${messageOf(error).slice(0, 200)}`);
}

/** A buffer with these bytes and no others: a view may be a part of a larger one. */
function exactBuffer({ buffer, byteOffset, byteLength }: Uint8Array): ArrayBuffer {
  const isWhole = byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  return isWhole ? buffer : (buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
}
