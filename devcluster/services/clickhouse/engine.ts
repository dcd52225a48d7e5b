// The engine in this process. It has one data folder; statements of one kind run one after the other, as its connections want it.
import { createRequire } from 'node:module';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Statement } from './statement.ts';

/** What a statement gave. */
export interface Answer {
  readonly bytes: Uint8Array;
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

export interface Engine {
  run(database: string, statement: Statement): Promise<Answer>;
  close(): Promise<void>;
}

interface NativeAnswer {
  readonly bytes?: Uint8Array;
  readonly rowsRead?: number;
  readonly rowsWritten?: number;
}

/** The part of the library's addon that is used here. */
interface Addon {
  QueryAsyncConnection(connection: unknown, sql: string, format: string, params?: Readonly<Record<string, string>>): Promise<NativeAnswer>;
  CreateConnection(folder: string): unknown;
  CloseConnection(connection: unknown): void;
}

interface Lane {
  readonly connection: unknown;
  last: Promise<unknown>;
}

/** Opens `data` with the library that lies in `folder`. */
export function openEngine(folder: string, data: string): Engine {
  const load = createRequire(join(folder, 'package.json'));
  const addon = load(`@chdb/lib-${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : ''}`) as Addon;
  const lanes = new Map<string, Promise<Lane>>();
  let stored = 0;

  function laneOf(key: string, database: string): Promise<Lane> {
    const known = lanes.get(key) ?? openLane(addon, data, database);
    lanes.set(key, known);
    known.catch(() => lanes.delete(key));
    return known;
  }

  return {
    async run(database, statement) {
      const lane = await laneOf(`${database}/${statement.kind}`, database);
      const file = join(data, `rows-${(stored += 1)}.incoming`);
      const mine = lane.last.then(() => (statement.kind === 'rows' ? store(addon, lane, { file, statement }) : addon.QueryAsyncConnection(lane.connection, statement.sql, statement.format, statement.params)));
      lane.last = mine.catch(() => {});
      const { bytes = new Uint8Array(), rowsRead = 0, rowsWritten = 0 } = await mine;
      return { bytes, rowsRead, rowsWritten };
    },
    async close() {
      const open = await Promise.all([...lanes.values()].map((lane) => lane.catch(() => undefined)));
      for (const lane of open) {
        await lane?.last;
        if (lane !== undefined) addon.CloseConnection(lane.connection);
      }
    },
  };
}

async function openLane(addon: Addon, data: string, database: string): Promise<Lane> {
  const connection = addon.CreateConnection(data);
  try {
    if (database !== 'default') await addon.QueryAsyncConnection(connection, `USE \`${database.replaceAll('`', '')}\``, 'Null');
    return { connection, last: Promise.resolve() };
  } catch (error) {
    addon.CloseConnection(connection);
    throw error;
  }
}

/** By a file: rows inside a query end at the first empty line, which binary rows have anywhere. */
async function store(addon: Addon, { connection }: Lane, { file, statement: { into, rest, body } }: { readonly file: string; readonly statement: Extract<Statement, { kind: 'rows' }> }): Promise<NativeAnswer> {
  try {
    await writeFile(file, body);
    return await addon.QueryAsyncConnection(connection, `${into} FROM INFILE '${file.replaceAll("'", "''")}'${rest}`, 'Null');
  } finally {
    await rm(file, { force: true });
  }
}
