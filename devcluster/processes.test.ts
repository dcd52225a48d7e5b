import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { identify, isAlive, parseStat, terminate } from './processes.ts';

test('a program name with spaces and parentheses does not shift the fields', () => {
  const fields = ['S', '1', '10', '20', ...Array.from({ length: 15 }, () => '0'), '777', '0'].join(' ');
  expect(parseStat(`42 (evil ) (name) ${fields}`)).toEqual({ pid: 42, state: 'S', group: 10, session: 20, startTime: '777' });
  expect(parseStat('')).toBeUndefined();
});

test('a pid with another start time is another process', () => {
  const self = identify(process.pid);
  expect(isAlive(self)).toBe(true);
  expect(isAlive({ ...self, startTime: 'earlier' })).toBe(false);
});

test('a program that ignores SIGTERM, and a stopped one, are ended all the same', async () => {
  const stubborn = spawn('sh', ['-c', 'trap "" TERM; echo up; while :; do sleep 0.1; done'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(stubborn.stdout, 'data');
  const stopped = spawn('sleep', ['1000'], { stdio: 'ignore' });
  stopped.kill('SIGSTOP');
  const identities = [stubborn, stopped].map(({ pid = 0 }) => identify(pid));
  const [first, second] = identities;
  if (first === undefined || second === undefined) throw new Error('not started');
  await Promise.all([terminate(first, 200), terminate(second, 10_000)]);
  expect(identities.map(isAlive)).toEqual([false, false]);
});
