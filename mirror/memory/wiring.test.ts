// The memory from its settings: off where something is missing, refused where texts would go in the open, and counted where it runs.
import { afterEach, expect, test, vi } from 'vitest';
import { MirrorConfig } from '#api/config/mirror.ts';
import { chromaIsAbsent, startTestChroma } from '#devcluster/services/chroma/testing.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { createMetrics } from '#platform/telemetry/metrics.ts';
import { aLog } from '../sinks/clickhouse/testing.ts';
import { mended } from './testing.ts';
import { startMemory } from './wiring.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const authenticator = { review: async () => undefined, allowed: async () => false };

function aMemory(settings: Partial<MirrorConfig>, log: ReturnType<typeof aLog> | undefined = aLog()) {
  const config = MirrorConfig.parse({ folder: '/tmp', tokenFile: '/tmp/token', ...settings });
  const metrics = createMetrics('mirror', 'test');
  const memory = startMemory({ config, truth: { missions: () => [] }, authenticator, reader: log?.reader, metrics, clock: systemClock, log: silentLog });
  closers.push(() => memory.part.close());
  return { ...memory, metrics };
}

test('without a Chroma, or without a log to learn from, it is off', () => {
  expect(aMemory({}).part.state()).toEqual({ kind: 'off' });
  const config = MirrorConfig.parse({ folder: '/tmp', tokenFile: '/tmp/token', chromaUrl: 'https://chroma.example' });
  expect(startMemory({ config, truth: { missions: () => [] }, authenticator, reader: undefined, metrics: createMetrics('mirror', 'test'), clock: systemClock, log: silentLog }).part.state()).toEqual({ kind: 'off' });
});

const refused: Record<string, { settings: Partial<MirrorConfig>; want: RegExp }> = {
  'plaintext that nobody allowed': { settings: { chromaUrl: 'http://127.0.0.1:1' }, want: /not https/ },
  'an endpoint that is nowhere': { settings: { chromaUrl: 'https://c.example', embedder: 'endpoint', embeddingModel: 'm' }, want: /needs embeddingUrl and embeddingModel/ },
  'an endpoint without a model': { settings: { chromaUrl: 'https://c.example', embedder: 'endpoint', embeddingUrl: 'https://e.example' }, want: /needs embeddingUrl and embeddingModel/ },
  'an endpoint in the open': { settings: { chromaUrl: 'https://c.example', embedder: 'endpoint', embeddingUrl: 'http://e.example', embeddingModel: 'm' }, want: /not https/ },
};
test.each(Object.entries(refused))('%s is refused at the start', (_, { settings, want }) => expect(() => aMemory(settings)).toThrow(want));

test('a Chroma that is nowhere is a part that is down, with the reason', async () => {
  const { part } = aMemory({ chromaUrl: 'http://127.0.0.1:1', chromaInsecure: true, embedder: 'hashing' });
  await vi.waitFor(() => expect(part.state()).toMatchObject({ kind: 'down', fault: expect.stringMatching(/in Chroma: .*it is tried again/) }), { timeout: 5000 });
});

test.skipIf(chromaIsAbsent !== undefined)(`what is learned is kept and counted, also past a Chroma that stood still${chromaIsAbsent === undefined ? '' : ` (SKIPPED: ${chromaIsAbsent})`}`, async () => {
  const server = await startTestChroma();
  closers.push(() => server.stop());
  const log = aLog();
  const { part, metrics } = aMemory({ chromaUrl: server.url, chromaInsecure: true, embedder: 'hashing' }, log);
  await vi.waitFor(() => expect(part.state().kind).toBe('well'), { timeout: 10_000 });
  server.pause();
  log.add(mended({ name: 'first' }).events);
  await vi.waitFor(() => expect(part.state().kind).toBe('down'), { timeout: 30_000 });
  server.resume();
  await vi.waitFor(() => expect(part.state()).toEqual({ kind: 'well', lagMs: 0 }), { timeout: 40_000 });
  await vi.waitFor(async () => expect(await metrics.text()).toMatch(/coditect_memory_lessons_total(\{[^}]*\})? 2/), { timeout: 40_000 });
}, 100_000);
