import { describe, expect, test } from 'vitest';
import type { PartReport } from '#api/mirrored.ts';
import { formatTime, formatTimeMs } from '#api/time.ts';
import { aPool, aView, t0 } from '../testing.ts';
import { decidePool } from './index.ts';
import { mirroredWakeMs } from './mirrored.ts';
import type { MirrorView } from './view.ts';

const part = (state: PartReport['state'], agoMs: number, fault?: PartReport['fault']): PartReport => ({ state, since: formatTimeMs(t0 - agoMs), ...(fault === undefined ? {} : { fault }) });
const aMirror = (parts: MirrorView['parts'], change: Partial<MirrorView> = {}): MirrorView => ({ heardAt: t0, renewTime: formatTimeMs(t0), isHeld: true, parts, ...change });
const before = (reason: 'Mirrored' | 'StoreDown' | 'MirrorSilent', message = 'as it was') => aPool({}, { conditions: [{ type: 'Mirrored', status: reason === 'Mirrored' ? 'True' : reason === 'StoreDown' ? 'False' : 'Unknown', reason, message, observedGeneration: 1, lastTransitionTime: formatTime(t0) }] });
const longAgo = 600_000;
const well = part('well', longAgo);

const cases: Record<string, { mirror: MirrorView | undefined; pool?: ReturnType<typeof aPool>; want: string | undefined }> = {
  'without a mirror nothing is said': { mirror: undefined, want: undefined },
  'without a mirror, what was said of one goes': { mirror: undefined, pool: before('StoreDown'), want: undefined },
  'all parts are well': { mirror: aMirror({ log: well, redis: well, clickhouse: part('off', longAgo) }), want: 'True/Mirrored: the mirror follows; all of it is well: log, redis' },
  'a mirror without a store follows all the same': { mirror: aMirror({ log: part('off', longAgo) }), want: 'True/Mirrored: the mirror follows; it has no store' },
  'a part that is down for 30 s': { mirror: aMirror({ log: part('down', 30_000, 'unreachable'), redis: well }), want: 'False/StoreDown: log has not worked since 2025-12-31T23:59:30.000Z: nobody answers at its address; missions go on' },
  'two of them': { mirror: aMirror({ log: part('down', 30_000, 'full'), redis: part('down', 40_000) }), want: 'False/StoreDown: log has not worked since 2025-12-31T23:59:30.000Z: it has no room; redis has not worked since 2025-12-31T23:59:20.000Z: it answers with an error; missions go on' },
  'a part that is down for less is no news': { mirror: aMirror({ log: part('down', 29_999, 'slow') }), want: 'True/Mirrored: the mirror follows; all of it is well: log' },
  'a part that is back for less is none either': { mirror: aMirror({ log: part('well', 29_999) }), pool: before('StoreDown'), want: 'False/StoreDown: as it was' },
  'a part that is back for 30 s is well': { mirror: aMirror({ log: part('well', 30_000) }), pool: before('StoreDown'), want: 'True/Mirrored: the mirror follows; all of it is well: log' },
  'a part that flaps hides no other that is down': { mirror: aMirror({ log: part('down', 1000), redis: part('down', 60_000, 'denied') }), want: 'False/StoreDown: redis has not worked since 2025-12-31T23:59:00.000Z: it refuses the credentials, or what they may do; missions go on' },
  'a clock of the mirror that is an hour off changes nothing': { mirror: aMirror({ log: part('down', 3_630_000, 'slow') }, { renewTime: formatTimeMs(t0 - 3_600_000) }), want: 'False/StoreDown: log has not worked since 2025-12-31T22:59:30.000Z: it does not answer in time; missions go on' },
  'a mirror that has not said how it is leaves what was said': { mirror: aMirror(undefined), pool: before('StoreDown'), want: 'False/StoreDown: as it was' },
  'and says nothing the first time': { mirror: aMirror(undefined), want: undefined },
  'a mirror that is silent for a minute': { mirror: aMirror({ log: well }, { heardAt: t0 - 60_000, renewTime: formatTimeMs(t0 - 60_000) }), want: 'Unknown/MirrorSilent: the mirror has said nothing since 2025-12-31T23:59:00.000Z; missions go on' },
  'a mirror that is silent for less': { mirror: aMirror({ log: well }, { heardAt: t0 - 59_999 }), want: 'True/Mirrored: the mirror follows; all of it is well: log' },
  'one that took its leave and is not back': { mirror: aMirror({ log: well }, { heardAt: t0 - 599_999, renewTime: formatTimeMs(t0 - 599_999), isHeld: false }), want: 'Unknown/MirrorSilent: the mirror has said nothing since 2025-12-31T23:50:00.001Z; missions go on' },
  'ten minutes after its leave there is no mirror': { mirror: aMirror({ log: well }, { heardAt: t0 - 600_000, isHeld: false }), pool: before('MirrorSilent'), want: undefined },
  'one that died stays missed': { mirror: aMirror({ log: well }, { heardAt: t0 - 6_000_000, renewTime: formatTimeMs(t0 - 6_000_000) }), want: 'Unknown/MirrorSilent: the mirror has said nothing since 2025-12-31T22:20:00.000Z; missions go on' },
};
test.each(Object.entries(cases))('%s', (_, { mirror, pool = aPool(), want }) => {
  const said = decidePool(aView({ pool, mirror }), t0).status?.conditions?.find(({ type }) => type === 'Mirrored');
  expect(said && `${said.status}/${said.reason}: ${said.message}`).toBe(want);
});

describe('a pool is looked at again', () => {
  const wakes: Record<string, { mirror: MirrorView | undefined; want: number | undefined }> = {
    'never, without a mirror': { mirror: undefined, want: undefined },
    'when the mirror would be silent': { mirror: aMirror({ log: well }, { heardAt: t0 - 1000 }), want: 59_000 },
    'when a part would have settled': { mirror: aMirror({ log: part('down', 20_000) }), want: 15_000 },
    'not for parts of a mirror that is silent': { mirror: aMirror({ log: part('down', 20_000) }, { heardAt: t0 - 60_000 }), want: 540_000 },
    'no more, once nothing can change without a word': { mirror: aMirror({ log: well }, { heardAt: t0 - 600_000 }), want: undefined },
  };
  test.each(Object.entries(wakes))('%s', (_, { mirror, want }) => expect(mirroredWakeMs({ view: aView({ mirror }), now: t0 })).toBe(want));
});
