// What a bucket is to the rest of the house. Whoever reads or writes takes this port, so that tests may lose replies and count what was read.

/** One object of a list. */
export interface Listed {
  readonly key: string;
  readonly bytes: number;
  /** Another content has another tag. */
  readonly etag: string;
  /** When it was written, epoch milliseconds. */
  readonly writtenMs: number;
}

export interface PutOptions {
  /** True: only if there is no object of that name; else the error's class is `exists`. */
  readonly isNew?: boolean;
  readonly contentType?: string;
}

/** Calls reject with an S3Error. A put that rejected may have been done nevertheless. */
export interface ObjectStore {
  /** Puts an object whole, with its SHA-256 for the server to check. */
  put(key: string, body: Uint8Array, options?: PutOptions, signal?: AbortSignal): Promise<void>;
  /** The bytes of an object; of one without, and of one that is larger than may be, an error. */
  get(key: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** All objects whose names begin so, in the order of their names. */
  list(prefix: string, signal?: AbortSignal): AsyncIterable<Listed>;
  /** Removes an object; one that is not there is no error. */
  remove(key: string, signal?: AbortSignal): Promise<void>;
  close(): void;
}
