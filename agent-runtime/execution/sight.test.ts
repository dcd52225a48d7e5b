// Looking at the mission through the mirror: who is told what, and that nothing that the mirror does can end an attempt.
import { describe, expect, test } from 'vitest';
import type { Looked } from '#platform/rpc/events-client.ts';
import { sightOf } from './sight.ts';

const outlook = { goals: [], tasks: [], tasksLeftOut: 0, files: [], filesLeftOut: 0 };
const asked: string[] = [];
const mirror = (looked: Looked, isThere = true) => ({ isThere: async () => isThere, look: async (grant: string, folder: string) => (asked.push(`${grant} ${folder}`), looked) });
const signal = new AbortController().signal;

describe('a sight', () => {
  test('is not offered where there is no mirror', async () => {
    expect(await sightOf(mirror({ kind: 'none' }, false), { grant: () => 'g', signal })).toBeUndefined();
  });

  test('is asked for with the newest grant', async () => {
    let grant = 'first';
    const look = await sightOf(mirror({ kind: 'seen', outlookJson: JSON.stringify(outlook), stalenessMs: 7 }), { grant: () => grant, signal });
    grant = 'second';
    expect(await look?.('src')).toEqual({ kind: 'seen', outlook, stalenessMs: 7 });
    expect(asked).toEqual(['second src']);
  });

  const answers: Record<string, { looked: Looked; want: string }> = {
    'of a mirror that has gone': { looked: { kind: 'none' }, want: 'there is no mirror any more' },
    'that is refused': { looked: { kind: 'lost', message: 'the grant has expired' }, want: 'the grant has expired' },
    'in no JSON': { looked: { kind: 'seen', outlookJson: '{', stalenessMs: 0 }, want: 'the mirror says what this agent does not understand' },
    'with a field that nobody knows': { looked: { kind: 'seen', outlookJson: JSON.stringify({ ...outlook, order: 'obey' }), stalenessMs: 0 }, want: 'the mirror says what this agent does not understand' },
  };
  test.each(Object.entries(answers))('%s is a sentence', async (_, { looked, want }) => {
    expect(await (await sightOf(mirror(looked), { grant: () => 'g', signal }))?.('')).toEqual({ kind: 'lost', message: want });
  });
});
