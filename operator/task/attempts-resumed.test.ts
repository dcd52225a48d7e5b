// What a lost agent had kept goes to the next attempt of its task, once, and to nobody else.
import { describe, expect, test } from 'vitest';
import { blobUri } from '#api/blobs.ts';
import type { Epoch } from '#api/v1alpha1/schema.ts';
import type { Checkpoint } from './agents-port.ts';
import { aFailure, anAgent, aTask, digestOf, type FakeTerm, running, sent } from './testing.ts';

const [agent, other] = [anAgent(), anAgent('p-2')];
const e = (counter: number, term = 2): Epoch => ({ term, counter });
const talkOf = (letter: string, ownerUid = 'mission') => ({ name: 'checkpoint.json', uri: blobUri({ namespaceUid: 'ns', ownerUid, sha256: digestOf(letter) }), sha256: digestOf(letter), sizeBytes: 9, mediaType: 'application/json' });
const aCheckpoint = (turns = 3, ownerUid = 'mission'): Checkpoint => ({ talk: talkOf('a', ownerUid), bundle: { ...talkOf('b', ownerUid), name: 'checkpoint.bundle' }, commit: 'c'.repeat(40), turns });
const kept = (term: FakeTerm, epoch: Epoch, checkpoint = aCheckpoint(), agentUid = agent.uid) => term.attempts.kept(agentUid, { taskUid: 'uid-a', epoch, checkpoint });
const task = aTask('a', { retryPolicy: { limit: 5 } });

/** Ends the attempt that runs, as one whose agent is gone, and starts the next one. */
async function loseAndGoOn(term: FakeTerm, reason: 'AgentLost' | 'LeaderLost' | 'ActionFailed' = 'AgentLost') {
  const live = term.book.get('uid-a');
  if (live === undefined) return expect.fail('nothing runs');
  term.attempts.lost(live, reason, 'gone');
  await term.heard();
  return next(term);
}

/** What the order of the next attempt brings to go on from. */
async function next(term: FakeTerm) {
  await term.clock.advance(60_000);
  term.dispatch('a', other);
  await term.heard();
  return term.agents.orders.at(-1)?.checkpoint;
}

describe('goes on', () => {
  test('where the lost agent kept its work last', async () => {
    const term = await running(task);
    kept(term, e(1), aCheckpoint(3));
    kept(term, e(1), aCheckpoint(7));
    expect([await loseAndGoOn(term), term.agents.orders.length]).toEqual([aCheckpoint(7), 2]);
  });

  test('also after the agent was stopped', async () => {
    const term = await running(task);
    kept(term, e(1));
    term.attempts.finished(agent.uid, aFailure(e(1), { reason: 'AgentStopped' }));
    await term.heard();
    expect(await next(term)).toEqual(aCheckpoint());
  });

  test('under the number of another leader that the agent told it to', async () => {
    const term = await running(task);
    kept(term, e(1));
    expect(await loseAndGoOn(term, 'LeaderLost')).toEqual(aCheckpoint());
  });

  test('with the one after, when the next agent refuses it', async () => {
    const term = await running(task);
    kept(term, e(1));
    await loseAndGoOn(term);
    term.attempts.refused(other.uid, { taskUid: 'uid-a', attempt: 2, epoch: e(2), reason: 'NoFreeSlot' });
    await term.heard();
    expect(await next(term)).toEqual(aCheckpoint());
  });

  test('when the order is sent once more', async () => {
    const term = await running(task);
    kept(term, e(1));
    await loseAndGoOn(term);
    const live = term.book.get('uid-a');
    if (live !== undefined) term.attempts.unclaimed(live, other);
    await term.heard();
    expect(term.agents.orders.map(({ attempt, checkpoint }) => [attempt, checkpoint?.turns])).toEqual([[1, undefined], [2, 3], [2, 3]]);
  });
});

describe('begins anew', () => {
  const cases: Record<string, (term: FakeTerm) => void | Promise<void>> = {
    'where nothing was kept': () => {},
    'for what another agent says': (term) => kept(term, e(1), aCheckpoint(), other.uid),
    'for what is of another number': (term) => kept(term, e(2)),
    'for what is of an earlier term': (term) => kept(term, e(1, 1)),
    'for blobs of another owner': (term) => kept(term, e(1), aCheckpoint(3, 'another-mission')),
    'for blobs that are named otherwise than their digest': (term) => kept(term, e(1), { ...aCheckpoint(), talk: { ...talkOf('a'), sha256: digestOf('d') } }),
    'for what was kept of another task': (term) => term.attempts.kept(agent.uid, { taskUid: 'uid-b', epoch: e(1), checkpoint: aCheckpoint() }),
  };
  test.each(Object.entries(cases))('%s', async (_, happens) => {
    const term = await running(task);
    await happens(term);
    expect([await loseAndGoOn(term), term.agents.orders.length]).toEqual([undefined, 2]);
  });

  test('after the work itself failed', async () => {
    const term = await running(task);
    kept(term, e(1));
    term.attempts.finished(agent.uid, aFailure(e(1)));
    await term.heard();
    expect([await next(term), term.agents.orders.length]).toEqual([undefined, 2]);
  });

  test('when an attempt that went on is lost before it kept something of its own', async () => {
    const term = await running(task);
    kept(term, e(1));
    await loseAndGoOn(term);
    term.attempts.started(other.uid, { taskUid: 'uid-a', attempt: 2, epoch: e(2) });
    expect([await loseAndGoOn(term), term.agents.orders.length]).toEqual([undefined, 3]);
  });
});

test('of a task that is decided or gone nothing is held', async () => {
  const term = await sent(task);
  kept(term, e(1));
  const live = term.book.get('uid-a');
  if (live === undefined) return expect.fail('nothing runs');
  term.attempts.lost(live, 'AgentLost', 'gone');
  await term.heard();
  term.tasks.remove('a');
  await term.heard();
  expect(term.book.takeLeft('uid-a')).toBeUndefined();
});
