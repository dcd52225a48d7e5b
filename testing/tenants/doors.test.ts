// Whoever belongs to one tenant hears nothing of another at the doors of the mirror, whatever is tried; and each refusal leaves one line.
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { agentUri, roleUri } from '#api/identity.ts';
import { thoughtVersion } from '#api/events/thought.ts';
import { nameOf } from '#api/events/envelope.ts';
import type { StatsName } from '#api/stats.ts';
import { createAuthority, createLeaf } from '#platform/rpc/certificates.ts';
import { createGrantSigner } from '#platform/rpc/grant.ts';
import { natsProbes } from './nats.ts';
import { filters, headers, names, namespaces, parameters } from './probes.ts';
import { canaries, startTenants, type TenantsWorld } from './world.ts';

let world: TenantsWorld;
beforeAll(async () => void (world = await startTenants()), 30_000);
afterAll(() => world.close());

const [mine, theirs] = [canaries['team-a'], canaries['team-b']];
const me = { authorization: 'Bearer token-of-team-a' };
const template: StatsName = 'cost';
type Probe = readonly [string, () => Promise<unknown>];

const replay = async (said: Readonly<Record<string, string>>, namespace: string, name: string, filter: object = {}): Promise<unknown> => {
  const pieces: unknown[] = [];
  for await (const { eventsJson, gap, synced } of world.people(said).history.replay({ mission: { namespace, name }, ...filter })) pieces.push(eventsJson, gap, synced);
  return pieces;
};
const worldOf = (said: Readonly<Record<string, string>>, namespace: string, name: string) => world.people(said).history.world({ mission: { namespace, name } });
const stats = (said: Readonly<Record<string, string>>, namespace: string, parametersJson = '') => world.people(said).stats.stats({ namespace, template, parametersJson });

/** What missions have taught, without the name that was asked for. */
const lessons = async (said: Readonly<Record<string, string>>, namespace: string, name: string): Promise<unknown> => {
  const { mission: _, ...told } = JSON.parse((await world.people(said).memory.lessons({ mission: { namespace, name } })).answerJson) as { readonly mission: string };
  return told;
};

const reads: readonly Probe[] = [
  ...namespaces.flatMap((namespace): Probe[] => [
    [`replay in namespace ${JSON.stringify(namespace)}`, () => replay(me, namespace, theirs)],
    [`the world in namespace ${JSON.stringify(namespace)}`, () => worldOf(me, namespace, theirs)],
    [`statistics of namespace ${JSON.stringify(namespace)}`, () => stats(me, namespace)],
    [`lessons in namespace ${JSON.stringify(namespace)}`, () => lessons(me, namespace, theirs)],
  ]),
  ...names.flatMap((name): Probe[] => [[`replay of ${JSON.stringify(name)}`, () => replay(me, 'team-a', name)], [`the world of ${JSON.stringify(name)}`, () => worldOf(me, 'team-a', name)], [`lessons of ${JSON.stringify(name)}`, () => lessons(me, 'team-a', name)]]),
  ...Object.entries(headers).flatMap(([how, said]): Probe[] => [
    [`replay with ${how}`, () => replay(said, 'team-b', theirs)],
    [`the world with ${how}`, () => worldOf(said, 'team-b', theirs)],
    [`statistics with ${how}`, () => stats(said, 'team-b')],
    [`lessons with ${how}`, () => lessons(said, 'team-b', theirs)],
    [`an order to write all worlds anew with ${how}`, () => world.people(said).history.rebuildWorlds({})],
  ]),
  ...parameters.map((text): Probe => [`statistics with ${text}`, () => stats(me, 'team-a', text)]),
  ...Object.entries(filters).map(([how, filter]): Probe => [`replay with ${how}`, () => replay(me, 'team-a', mine, filter)]),
];

const agent = { namespace: 'team-a', pool: 'crew', pod: 'crew-1', uid: 'u-1' };
const taskOf = (word: string) => `uid-${word}-task`;
const sign = (change: object = {}, by = world.operator) => createGrantSigner(by)({ agent: agentUri(agent), namespaceUid: 'ns', ownerUid: 'o', taskUid: taskOf(mine), expiresAt: Date.now() + 60_000, ...change });
const thought = (taskUid: string) => JSON.stringify({ version: thoughtVersion, type: 'agent.learn', taskUid, attempt: 1, epoch: { term: 1, counter: 1 }, seq: 1, turn: 1, filesChanged: false, idleTurns: 0 });
const tampered = (grant: string) => {
  const [payload = '', ...rest] = grant.split('.');
  return [Buffer.from(Buffer.from(payload, 'base64url').toString().replace(taskOf(mine), taskOf(theirs))).toString('base64url'), ...rest].join('.');
};

/** What an agent of team-a tells in the hope that it is kept as told by team-b. */
const tellings: Readonly<Record<string, () => Promise<{ readonly grant: string; readonly events: readonly string[] }> | { readonly grant: string; readonly events: readonly string[] }>> = {
  'without a grant': () => ({ grant: '', events: [thought(taskOf(theirs))] }),
  'of their task under the own grant': () => ({ grant: sign(), events: [thought(taskOf(theirs))] }),
  'of both tasks in one request': () => ({ grant: sign(), events: [thought(taskOf(mine)), thought(taskOf(theirs))] }),
  'under a grant of their agent': () => ({ grant: sign({ agent: agentUri({ ...agent, namespace: 'team-b' }), taskUid: taskOf(theirs) }), events: [thought(taskOf(theirs))] }),
  'under a grant for another agent of the own pool': () => ({ grant: sign({ agent: agentUri({ ...agent, pod: 'crew-2' }) }), events: [thought(taskOf(mine))] }),
  'under a grant that was changed': () => ({ grant: tampered(sign()), events: [thought(taskOf(theirs))] }),
  'under a grant that has expired': () => ({ grant: sign({ expiresAt: Date.now() - 1, taskUid: taskOf(theirs) }), events: [thought(taskOf(theirs))] }),
  'under a grant that another CA signed': async () => {
    const foreign = await createLeaf(await createAuthority(Date.now()), { uri: roleUri('operator'), usage: 'both', lifetimeSeconds: 600 }, Date.now());
    return { grant: sign({ taskUid: taskOf(theirs) }, foreign), events: [thought(taskOf(theirs))] };
  },
  'under a grant that an agent signed': async () => ({ grant: sign({ taskUid: taskOf(theirs) }, await createLeaf(world.authority, { uri: agentUri(agent), usage: 'both', lifetimeSeconds: 600 }, Date.now())), events: [thought(taskOf(theirs))] }),
  'under a grant that the mirror signed': async () => ({ grant: sign({ taskUid: taskOf(theirs) }, await createLeaf(world.authority, { uri: roleUri('mirror'), usage: 'both', lifetimeSeconds: 600 }, Date.now())), events: [thought(taskOf(theirs))] }),
  'of a task that is not there': () => ({ grant: sign({ taskUid: 'uid-nowhere' }), events: [thought('uid-nowhere')] }),
  'of a task with a path for its uid': () => ({ grant: sign({ taskUid: '../team-b' }), events: [thought('../team-b')] }),
  'of an attempt that another agent has': () => ({ grant: sign({ attempt: 2 }), events: [thought(taskOf(mine))] }),
  'in words of another kind': () => ({ grant: sign(), events: ['{"type":"ai.coditect.mission.changed.v1","tenant":"team-b"}'] }),
};

test(`there are at least 200 ways to try, and that is counted`, () => {
  const all = reads.length + 2 * Object.keys(tellings).length + natsProbes.length;
  console.log(`cross-tenant probes: ${reads.length} of people, ${2 * Object.keys(tellings).length} of agents, ${natsProbes.length} of the log; ${all} in all`);
  expect(all).toBeGreaterThanOrEqual(200);
});

test('the search is not blind: each tenant hears its own word at each door', async () => {
  for (const [tenant, word] of Object.entries(canaries)) {
    const said = { authorization: `Bearer token-of-${tenant}` };
    for (const answer of [await replay(said, tenant, word), await worldOf(said, tenant, word), await stats(said, tenant), await lessons(said, tenant, word)]) expect(JSON.stringify(answer)).toContain(word);
  }
});

const refusedBy: readonly Code[] = [Code.Unauthenticated, Code.PermissionDenied, Code.InvalidArgument, Code.NotFound];

test.each(reads)('%s tells nothing, and a refusal leaves a line', async (_, probe) => {
  const before = [world.audits.length, world.questions.length] as const;
  const answer = await probe().then((told) => ({ told }), (error: unknown) => ConnectError.from(error));
  const added = world.audits.slice(before[0]);
  if (answer instanceof ConnectError) {
    expect(refusedBy).toContain(answer.code);
    expect(added.length).toBeGreaterThan(0);
    expect(added.map(({ asker }) => asker)).not.toContain('team-b');
  } else expect(JSON.stringify(answer)).not.toContain(theirs);
  expect(world.questions.slice(before[1]).map(({ params }) => params['tenant'])).toEqual(world.questions.slice(before[1]).map(() => 'team-a'));
});

test.each(Object.entries(tellings))('what is told %s is refused, kept nowhere, and leaves one line', async (_, telling) => {
  const [lines, kept] = [world.audits.length, world.kept.length];
  const { grant, events } = await telling();
  expect(await (await world.agent(agent)).tell(grant, events)).toMatchObject({ kind: 'refused' });
  expect(world.kept.length).toBe(kept);
  expect(world.audits.slice(lines)).toMatchObject([{ audit: 'call.refused', method: 'Tell', asker: agentUri(agent) }]);
});

test.each(Object.entries(tellings))('who looks around with what is told %s sees nothing of theirs, and a refusal leaves a line', async (_, telling) => {
  const lines = world.audits.length;
  const answer = await (await world.agent(agent)).look((await telling()).grant, '', new AbortController().signal);
  expect(JSON.stringify(answer)).not.toContain(theirs);
  const [line] = world.audits.slice(lines);
  if (answer.kind === 'seen') expect(line).toMatchObject({ audit: 'world.read', asker: agentUri(agent), tenant: 'team-a', granted: true });
  else expect(line).toMatchObject({ audit: 'call.refused', method: 'Look', asker: agentUri(agent) });
});

test('an agent that looks around sees its own mission', async () => {
  const answer = await (await world.agent(agent)).look(sign(), '', new AbortController().signal);
  expect(answer).toMatchObject({ kind: 'seen', outlookJson: expect.stringContaining(mine) });
});

test('what an agent may tell is kept under its own tenant, whatever it says of itself', async () => {
  const events = [JSON.stringify({ ...JSON.parse(thought(taskOf(mine))) as object, tenant: 'team-b', namespace: 'team-b' })];
  expect(await (await world.agent({ ...agent, namespace: 'team-a' })).tell(sign(), events)).toMatchObject({ kind: 'taken' });
  expect(world.kept.filter(({ type }) => nameOf(type) === 'agent.learn').map(({ tenant }) => tenant)).toEqual(['team-a']);
});
