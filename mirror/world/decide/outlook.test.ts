// What an agent is told of its mission: the others first, nothing of its own files, and never more than there is room for.
import { describe, expect, test } from 'vitest';
import { Outlook, outlookLimits, type World, type WorldTask } from '#api/world.ts';
import { outlookOf } from './outlook.ts';

const aTask = (task: string, facts: Partial<WorldTask['facts']> = {}): WorldTask => ({
  name: `m-${task}`, uid: `uid-${task}`, resourceVersion: '1', expected: [], violations: [],
  facts: { task, type: 'Coder', action: 'WriteCode', role: '', run: 1, attempt: 1, pool: '', agent: '', state: 'Running', reason: '', boundary: '', isMemoized: false, violations: 0, dependsOn: [], ...facts },
});
const aFile = (task: string, path: string, hash: string | undefined = 'h'): World['files'][number] => ({ path, task: `uid-${task}`, attempt: 1, ...(hash === undefined ? {} : { hash }) });
const at = (task: string, doing: World['agents'][number]['doing']): World['agents'][number] => ({ agent: 'crew-1', pool: 'crew', task: `uid-${task}`, attempt: 1, doing, turn: 1 });
const aWorld = (parts: Partial<World>): World => ({ version: 1, tenant: 'team-a', uid: 'uid-m', tasks: [], agents: [], files: [], filesLeftOut: 0, locks: [], ...parts });
const own = { task: 'uid-own', folder: '' };

describe('an outlook', () => {
  test('shows who is at work first, then what failed, what waits, and what is done', () => {
    const tasks = [aTask('done', { result: 'Succeeded', state: 'Completed' }), aTask('waits', { state: '' }), aTask('broken', { result: 'Failed', state: 'CommandFailed' }), aTask('own'), aTask('skipped', { result: 'Skipped' })];
    const { tasks: shown } = outlookOf(aWorld({ tasks, agents: [at('own', 'act')] }), own);
    expect(shown.map(({ task, doing, isOwn }) => [task, doing, isOwn])).toEqual([['own', 'act', true], ['broken', undefined, false], ['waits', undefined, false], ['done', undefined, false], ['skipped', undefined, false]]);
  });

  test('shows files of the others by their tasks, those that were deleted too', () => {
    const files = [aFile('own', 'mine.ts'), aFile('a', 'src/a.ts'), aFile('a', 'gone.ts', undefined)].map((file) => (file.path === 'gone.ts' ? { path: file.path, task: file.task, attempt: 1 } : file));
    expect(outlookOf(aWorld({ tasks: [aTask('a')], files }), own).files).toEqual([{ path: 'src/a.ts', task: 'a', isDeleted: false }, { path: 'gone.ts', task: 'a', isDeleted: true }]);
  });

  test('of a folder shows what is below it, not what begins alike', () => {
    const files = ['src/a.ts', 'src/deep/b.ts', 'src2/c.ts', 'src'].map((path) => aFile('a', path));
    expect(outlookOf(aWorld({ tasks: [aTask('a')], files }), { ...own, folder: 'src' }).files.map(({ path }) => path)).toEqual(['src/a.ts', 'src/deep/b.ts']);
  });

  test('of a large mission is bounded, and says what is left out', () => {
    const tasks = Array.from({ length: outlookLimits.tasks + 30 }, (_, index) => aTask(`t${index}`));
    const files = Array.from({ length: outlookLimits.files + 7 }, (_, index) => aFile('t1', `f${index}`));
    const outlook = outlookOf(aWorld({ tasks, files, filesLeftOut: 5 }), own);
    expect(Outlook.safeParse(outlook).error).toBeUndefined();
    expect([outlook.tasksLeftOut, outlook.filesLeftOut]).toEqual([30, 12]);
  });

  test('of a mission that was only heard of is empty', () => {
    expect(outlookOf(aWorld({}), own)).toEqual({ goals: [], tasks: [], tasksLeftOut: 0, files: [], filesLeftOut: 0 });
  });
});
