// Settings of the log, as servers are told them.
import { expect, test } from 'vitest';
import { MirrorConfig } from '#api/config/mirror.ts';
import { streams } from '#api/events/streams.ts';
import { streamOptions } from './log-settings.ts';

const config = MirrorConfig.parse({ folder: '/data', tokenFile: '/token' });
const kept = ({ maxAgeSeconds, maxBytes }: { readonly maxAgeSeconds: number; readonly maxBytes: number }) => ({ maxAgeSeconds, maxBytes });

test('unless told otherwise, events are kept as the table of streams says', () => expect(streamOptions(config)).toEqual({ replicas: 1, bounds: { events: kept(streams.events), audit: kept(streams.audit) } }));

test('days and sizes are those of the settings', () => {
  const told = { ...config, natsReplicas: 3, natsEventDays: 30, natsEventsMaxMiB: 1024, natsAuditDays: 3650, natsAuditMaxMiB: 16 };
  expect(streamOptions(told)).toEqual({ replicas: 3, bounds: { events: { maxAgeSeconds: 2_592_000, maxBytes: 1_073_741_824 }, audit: { maxAgeSeconds: 315_360_000, maxBytes: 16_777_216 } } });
});
