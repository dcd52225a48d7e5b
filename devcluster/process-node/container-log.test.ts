import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openContainerLog } from './container-log.ts';
import { parseLogQuery, printLine, selectLines } from './log-query.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coditect-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const now = () => Date.parse('2026-01-01T00:00:00Z');
const texts = (lines: readonly string[] | undefined) => lines?.map((line) => printLine(line, parseLogQuery(new URLSearchParams(), 0)));

test('lines that arrive in pieces are whole lines, each stream by itself', () => {
  const log = openContainerLog(folder, now);
  log.begin();
  log.write('stdout', 'a');
  log.write('stderr', 'x\n');
  log.write('stdout', 'b\nc');
  expect(log.read('current')).toEqual(['2026-01-01T00:00:00.000Z stderr F x', '2026-01-01T00:00:00.000Z stdout F ab']);
  log.end();
  expect(texts(log.read('current'))).toEqual(['x\n', 'ab\n', 'c\n']);
});

test('the run before stays readable, the one before that does not', () => {
  const log = openContainerLog(folder, now);
  expect(log.read('current')).toBeUndefined();
  for (const text of ['one\n', 'two\n', 'three\n']) {
    log.begin();
    log.write('stdout', text);
    log.end();
  }
  expect([texts(log.read('current')), texts(log.read('previous'))]).toEqual([['three\n'], ['two\n']]);
});

test('a run keeps its newest lines within the cap', () => {
  const log = openContainerLog(folder, now, 500);
  log.begin();
  for (let line = 0; line < 1000; line += 1) log.write('stdout', `${line}\n`);
  log.end();
  const size = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  expect(size).toBeLessThan(1200);
  expect(texts(log.read('current'))?.at(-1)).toBe('999\n');
  expect(texts(log.read('current'))?.length).toBeGreaterThan(10);
});

test('a very long line is cut on disk and whole when printed', () => {
  const log = openContainerLog(folder, now);
  log.begin();
  const long = 'x'.repeat(40_000);
  log.write('stdout', `${long}tail`);
  log.write('stdout', '\n');
  log.end();
  expect(texts(log.read('current'))?.join('')).toBe(`${long}tail\n`);
  expect(log.read('current')?.length).toBeGreaterThan(1);
});

test('a follower gets each later line and the end', () => {
  const log = openContainerLog(folder, now);
  log.begin();
  const seen: (string | undefined)[] = [];
  log.follow((line) => seen.push(line === undefined ? undefined : line.slice(-1)));
  log.write('stdout', '1\n2\n');
  log.end();
  log.write('stdout', 'late\n');
  expect(seen).toEqual(['1', '2', undefined]);
  expect(log.isOpen).toBe(false);
});

const lines = ['2026-01-01T00:00:01.000Z stdout F one', '2026-01-01T00:00:02.000Z stderr F two', '2026-01-01T00:00:03.000Z stdout F '];
test.each([
  ['tailLines=1', ['\n']],
  ['tailLines=0', []],
  ['sinceTime=2026-01-01T00:00:02Z', ['two\n', '\n']],
  ['sinceSeconds=1', ['\n']],
  ['timestamps=true&tailLines=2', ['2026-01-01T00:00:02.000Z two\n', '2026-01-01T00:00:03.000Z \n']],
  ['tailLines=nonsense', ['one\n', 'two\n', '\n']],
])('the query %s', (text, want) => {
  const query = parseLogQuery(new URLSearchParams(text), Date.parse('2026-01-01T00:00:04Z'));
  expect(selectLines(lines, query).map((line) => printLine(line, query))).toEqual(want);
});
