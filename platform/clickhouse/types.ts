// What ClickHouse is to the rest of the house. Whoever writes or reads takes these ports, so that tests may lose replies on purpose.

/** A column of a table that rows are written to. */
export interface Column {
  readonly name: string;
  readonly type: 'String' | 'UInt8' | 'UInt16' | 'UInt32' | 'UInt64' | 'DateTime64(3)';
}

/** Values of one row, by the names of the columns. Times are epoch milliseconds. */
export type Row = Readonly<Record<string, string | number>>;

/** Values of parameters `{name:Type}` in a query; the server puts them in, never this process. */
export type Params = Readonly<Record<string, string | number | readonly string[]>>;

export interface Insert {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly body: Uint8Array;
  /** How the rows are written. Default: Native. */
  readonly format?: 'Native' | 'JSONEachRow';
  /** A repeated insert under the same token changes nothing, also not in the tables that are fed by this one. */
  readonly token: string;
}

export interface ClickHouse {
  /** Resolves when the rows are stored. Rejects with a ClickHouseError; they may be stored nevertheless. */
  insert(insert: Insert, signal?: AbortSignal): Promise<void>;
  /** Rows of an answer as objects. 64-bit numbers come as text. */
  query<T>(sql: string, params?: Params, options?: QueryOptions): Promise<readonly T[]>;
  /** A statement without an answer. */
  command(sql: string, params?: Params): Promise<void>;
  close(): Promise<void>;
}

export interface QueryOptions {
  readonly signal?: AbortSignal;
  /** The server gives up after so many seconds. */
  readonly seconds?: number;
}
