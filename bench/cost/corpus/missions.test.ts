import { expect, test } from 'vitest';
import { inFolder, layOut, run } from '#bench/cost/folders.ts';
import { laterFaults } from './faults.ts';
import { lookedAt, readMissions, readRepository } from './missions.ts';

const missions = await readMissions();

async function exitCode(files: Readonly<Record<string, string>>): Promise<number> {
  return inFolder(async (folder) => {
    await layOut(folder, files);
    return (await run(folder, ['node', '--test'])).exitCode;
  });
}

test('there are at least forty missions with names of their own; about a third is held out, and all that were written later', () => {
  expect(new Set(missions.map(({ name }) => name)).size).toBe(missions.length);
  expect(missions.length).toBeGreaterThanOrEqual(40);
  const [first, later] = [missions.slice(0, -laterFaults.length), missions.slice(-laterFaults.length)];
  const share = first.filter(({ isHeldOut }) => isHeldOut).length / first.length;
  expect(share).toBeGreaterThan(0.25);
  expect(share).toBeLessThan(0.42);
  expect(later.filter(({ isHeldOut }) => !isHeldOut).map(({ name }) => name)).toEqual([]);
});

test('what somebody looked at is a mission, and not held out', () => {
  const known = missions.filter(({ name }) => lookedAt.has(name));
  expect(known).toHaveLength(lookedAt.size);
  expect(known.filter(({ isHeldOut }) => isHeldOut)).toEqual([]);
});

test('the faults are of many kinds', () => {
  expect(new Set(missions.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(20);
});

test.each(missions.map((mission) => [mission.name, mission] as const))('the mend of %s is found once, and gives what was there before the fault', async (name, { files, mend: { path, before, after } }) => {
  const broken = files[path] ?? '';
  expect(broken.split(before)).toHaveLength(2);
  expect(broken.replace(before, () => after)).toBe((await readRepository(name.replace(/-\d+$/, '')))[path]);
});

test('agents never see a proof', () => {
  expect(missions.flatMap(({ files }) => Object.keys(files)).filter((path) => path.startsWith('proof'))).toEqual([]);
});

test.each([...new Set(missions.map(({ name }) => name.replace(/-\d+$/, '')))])('all tests of %s pass without a fault', async (name) => {
  expect(await exitCode(await readRepository(name))).toBe(0);
});

test.each(missions.map((mission) => [mission.name, mission] as const))('the tests that agents of %s see fail with the fault', { timeout: 30_000 }, async (_, { files }) => {
  expect(await exitCode(files)).toBe(1);
});
