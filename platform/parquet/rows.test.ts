import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { EventRow } from '#api/archive.ts';
import { findEngine, startClickHouse } from '#devcluster/services/clickhouse/index.ts';
import { settingsFrom } from '#devcluster/settings.ts';
import { readRows, writeRows } from './rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'parquet-'));
afterAll(() => rmSync(folder, { recursive: true }));

const row = (number: number, more: Partial<EventRow> = {}): EventRow => ({
  id: `u.${number}`, type: 'ai.coditect.task.ended.v1', version: 1, time: Date.UTC(2026, 10, 23) + number, tenant: 'team-a', mission: number % 2 === 0 ? 'examine' : null, mission_uid: null, task_uid: 'u',
  agent: null, subject: 'tasks/a', source: '/mirror', sequence: 2 ** 40 + number, position: number % 500, event: JSON.stringify({ number, text: `größer 😀 ${'x'.repeat(number % 50)}` }), ...more,
});
const columns = ['id', 'type', 'version', 'time', 'tenant', 'mission', 'mission_uid', 'task_uid', 'agent', 'subject', 'source', 'sequence', 'position', 'event'] as const;

async function groupsOf(file: Uint8Array): Promise<(readonly EventRow[])[]> {
  const groups: (readonly EventRow[])[] = [];
  for await (const group of readRows(file, columns)) groups.push(group);
  return groups;
}

test('rows come back as they were, a few thousand at a time', async () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => row(index));
  const groups = await groupsOf(writeRows(rows));
  expect(groups.map(({ length }) => length)).toEqual([4096, 4096, 1808]);
  expect(groups.flat()).toEqual(rows);
});

test('equal rows make equal bytes', () => expect(Buffer.compare(writeRows([row(1), row(2)]), writeRows([row(1), row(2)]))).toBe(0));

test('a view into a larger buffer is read as what it shows', async () => {
  const file = writeRows([row(1)]);
  const larger = Buffer.concat([Buffer.alloc(7), file, Buffer.alloc(9)]);
  expect((await groupsOf(larger.subarray(7, 7 + file.length))).flat()).toEqual([row(1)]);
});

const broken: Record<string, Uint8Array> = { nothing: new Uint8Array(), 'another file': new TextEncoder().encode('%PDF-1.4 and more text'), 'half a file': writeRows([row(1)]).subarray(0, 200) };
test.each(Object.entries(broken))('%s is refused', async (_, file) => expect(groupsOf(file)).rejects.toThrow('is no Parquet file of events'));

const engine = findEngine(settingsFrom(process.env));
test.skipIf(engine.kind !== 'found')(`ClickHouse reads it by its columns${engine.kind === 'found' ? '' : ` (SKIPPED: ${engine.reason})`}`, { timeout: 60_000 }, async () => {
  const file = join(folder, 'events.parquet');
  const rows = Array.from({ length: 5000 }, (_, index) => row(index));
  writeFileSync(file, writeRows(rows));
  const server = await startClickHouse({ engineFolder: engine.kind === 'found' ? engine.folder : '', folder: mkdtempSync(join(folder, 'engine-')) });
  try {
    const body = `SELECT toUInt32(count()), toUInt32(countIf(mission = 'examine')), toString(max(time)), toString(max(sequence)), toUInt32(max(JSONExtractUInt(event, 'number'))) FROM file('${file}', Parquet) FORMAT TSV`;
    const answer = await fetch(`http://127.0.0.1:${server.port}/`, { method: 'POST', body, headers: { 'X-ClickHouse-User': server.user, 'X-ClickHouse-Key': server.password } });
    expect((await answer.text()).trim().split('\t')).toEqual(['5000', '2500', '2026-11-23 00:00:04.999', String(2 ** 40 + 4999), '4999']);
  } finally {
    await server.stop();
  }
});
