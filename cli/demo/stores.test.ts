import { expect, test } from 'vitest';
import type { HeldStores } from '#devcluster/services/index.ts';
import { storesLine } from './stores.ts';

const held = (...kinds: HeldStores['running'][number]['kind'][]): HeldStores => ({ running: kinds.map((kind) => ({ kind, servers: [], files: {} })), absent: [] });

const all = 'mirror: on with events (kubectl mission replay), the world model (kubectl mission world), stats (kubectl mission stats), the memory (kubectl mission lessons)';
const cases: Record<string, { stores: HeldStores; want: string }> = {
  'all stores are there': { stores: held('nats', 'redis', 'clickhouse', 'chroma'), want: all },
  'what is missing is named with the way to it': {
    stores: held('nats', 'redis'),
    want: 'mirror: on with events (kubectl mission replay), the world model (kubectl mission world). Off: stats (kubectl mission stats): node devcluster/services/clickhouse/main.ts install, 550 MB; the memory (kubectl mission lessons): node devcluster/services/chroma/main.ts install, 500 MB',
  },
  'without a log nothing is on': { stores: held(), want: 'mirror: off, so there is neither replay nor stats: with Go 1.26 the event log is built once. Missions do not need it' },
};
test.each(Object.entries(cases))('%s', (_, { stores, want }) => expect(storesLine(stores)).toBe(want));
