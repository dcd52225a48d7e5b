// How the archive is: whether its bucket answers, and how long ago the last run wrote.
import { parseTime } from '#api/time.ts';
import { type Clock, delay } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Part, PartState } from '../ports.ts';
import type { ArchiveReader } from './reader.ts';

const everyMs = 60_000;

/** Looks at the archive once a minute, for as long as the part is not closed. */
export function watchArchive({ reader, clock, log }: { readonly reader: Pick<ArchiveReader, 'newest'>; readonly clock: Clock; readonly log: Log }): Part {
  const stop = new AbortController();
  let written: number | undefined;
  let down: { readonly sinceMs: number; readonly fault: string } | undefined;
  const look = async (): Promise<void> => {
    try {
      written = parseTime((await reader.newest(stop.signal))?.written);
      down = undefined;
    } catch (error) {
      const fault = messageOf(error);
      if (down?.fault !== fault && !stop.signal.aborted) log.warn('the archive cannot be read', { fault });
      down = { sinceMs: down?.sinceMs ?? clock.now(), fault };
    }
  };
  const running = (async () => {
    while (!stop.signal.aborted) {
      await look();
      await delay(clock, everyMs, stop.signal);
    }
  })();
  // An archive without a run yet is as far behind as nobody knows.
  const state = (): PartState => (down === undefined ? { kind: 'well', lagMs: written === undefined ? 0 : Math.max(0, clock.now() - written) } : { kind: 'down', ...down });
  return {
    name: 'archive',
    state,
    close: async () => {
      stop.abort();
      await running;
    },
  };
}
