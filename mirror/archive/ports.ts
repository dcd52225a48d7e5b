// What the archive wants of others, and its own kind of error.
import { isKind, PlatformError } from '#platform/errors.ts';
import type { StreamState } from '#platform/nats/state.ts';
import type { EventReader, ReadOptions } from '#platform/nats/types.ts';
import type { ObjectStore } from '#platform/s3/types.ts';

/** A bucket, and the beginning of all names in it. */
export interface Place {
  readonly store: ObjectStore;
  readonly prefix: string;
}

/** The event log, as far as it is read from here. */
export interface LogSource {
  readonly reader: Pick<EventReader, 'upToNow'>;
  state(stream: ReadOptions['stream'], signal: AbortSignal): Promise<StreamState>;
}

/** An object of the archive is not what it should be, or two runs meet. The message names the object. */
export class ArchiveError extends PlatformError {
  constructor(message: string, options?: ErrorOptions) {
    super('ArchiveError', message, options);
  }
}

/** True for an error of the archive itself, which trying again does not mend. */
export function isArchiveError(error: unknown): error is ArchiveError {
  return isKind(error, 'ArchiveError');
}
