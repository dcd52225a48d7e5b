// The archive as the mirror has it: it is read for replays, and looked at now and then, so that people see when it is away or falls behind.
import type { MirrorConfig } from '#api/config/mirror.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/telemetry/log.ts';
import type { Part } from '../ports.ts';
import { rememberManifests } from './manifests.ts';
import { watchArchive } from './part.ts';
import { type ArchiveReader, createArchiveReader } from './reader.ts';
import { openPlace } from './wiring.ts';

/** People wait for a replay: it is better to say soon that the bucket is away. */
const limits = { timeoutMs: 10_000, tries: 3 } as const;

/** The reader and the part; undefined when no bucket is configured. Throws for settings that would send anything in the open. */
export function startArchive({ config, clock, log }: { readonly config: MirrorConfig; readonly clock: Clock; readonly log: Log }): { readonly reader: ArchiveReader; readonly part: Part } | undefined {
  const place = openPlace(config, clock, limits);
  if (place === undefined) return undefined;
  const reader = createArchiveReader(place, rememberManifests(place));
  const part = watchArchive({ reader, clock, log });
  const close = async () => {
    await part.close();
    place.store.close();
  };
  return { reader, part: { ...part, close } };
}
