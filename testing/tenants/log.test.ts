// A tenant reads its events in an account of its own; from there no question and no wildcard reaches what others are told, and nothing it says reaches their log.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accountText } from '#devcluster/services/nats/config.ts';
import type { NatsAccount } from '#devcluster/services/nats/index.ts';
import { subjectsOf } from '#api/events/streams.ts';
import { declareStreams } from '#platform/nats/streams.ts';
import { anEvent, Bench, idsOf, isMissing, readAll, why } from '#platform/nats/testing.ts';
import { natsProbes } from './nats.ts';
import { canaries, type Tenant } from './world.ts';

const within = (ms: number) => AbortSignal.timeout(ms);
const tenants = Object.keys(canaries) as Tenant[];

/** One account for the mirror, and one a tenant, with what it may hear. */
const accounts: readonly NatsAccount[] = [
  { name: 'events', users: [{ user: 'mirror', password: 'm' }], exports: tenants.map((tenant) => ({ subject: subjectsOf(tenant), accounts: [tenant] })) },
  ...tenants.map((tenant) => ({ name: tenant, users: [{ user: tenant, password: tenant }], maxFileBytes: 67_108_864, imports: [{ account: 'events', subject: subjectsOf(tenant) }] })),
];

/** Tries everything, lets `meanwhile` happen, and gives all that was heard. */
async function heardBy(connection: NatsConnection, meanwhile: () => Promise<void>): Promise<string> {
  const heard: Uint8Array[] = [];
  const keep = (message: Msg | undefined) => {
    if (message !== undefined) heard.push(Buffer.from(message.subject), message.data, Buffer.from(message.headers === undefined ? '' : JSON.stringify([...message.headers])));
  };
  const listen = (subject: string) => connection.subscribe(subject, { callback: (_, message) => keep(message) });
  for (const subject of ['mine', ...natsProbes.flatMap((probe) => (probe.kind === 'subscribe' ? [probe.subject] : []))]) listen(subject);
  for (const { kind, subject, body = '' } of natsProbes) {
    if (kind === 'publish') connection.publish(subject, body);
    if (kind !== 'request') continue;
    await connection.request(subject, body, { timeout: 300 }).then(keep, () => {});
    // An answer may be sent to whomever one likes.
    connection.publish(subject, body, { reply: 'coditect.events.team-b.mission' });
  }
  await connection.flush();
  await meanwhile();
  await connection.flush();
  return Buffer.concat(heard).toString('latin1');
}

describe.skipIf(isMissing)(`the log and its tenants${why}`, { timeout: 60_000 }, () => {
  let bench: Bench;
  let servers: readonly string[];
  const as = async (user: string, password = user): Promise<NatsConnection> => {
    const connection = await bench.link(servers, { insecure: true, userFile: bench.file(`${user}.user`, user), passwordFile: bench.file(`${user}.password`, password) }).ready(within(5000));
    if (connection === undefined) throw new Error(`${user} cannot connect`);
    return connection;
  };
  const linkOf = (user: string, password = user) => bench.link(servers, { insecure: true, userFile: bench.file(`${user}.user`, user), passwordFile: bench.file(`${user}.password`, password) });

  beforeAll(async () => {
    bench = new Bench();
    servers = (await bench.nats({ accounts })).servers;
    // Each tenant keeps what it hears in a stream of its own, under the names that every reader knows.
    for (const tenant of tenants) {
      const manager = await jetstreamManager(await as(tenant));
      await manager.streams.add({ name: 'CODITECT_EVENTS', subjects: [subjectsOf(tenant)] });
    }
    await declareStreams(await as('mirror', 'm'), { replicas: 1 });
  });
  afterAll(() => bench.end());

  /** Events of both tenants, with their words in them. */
  async function tell(from: number, to: number): Promise<void> {
    const publisher = await bench.publisher(linkOf('mirror', 'm'), { folder: `${bench.folder}/from-${from}` });
    for (let at = from; at < to; at += 1) for (const tenant of tenants) await publisher.publish([anEvent(at, { tenant, pad: canaries[tenant] })]);
    expect(await publisher.drained(within(10_000))).toBe(true);
    await publisher.close();
  }

  test('each reads its own with the reader of the house, from its own account', async () => {
    await tell(0, 5);
    for (const tenant of tenants) expect(idsOf(await readAll(bench.reader(linkOf(tenant))))).toEqual([0, 1, 2, 3, 4].map((at) => `${tenant}.${at}`));
  });

  test(`${natsProbes.length} probes by team-a bring it no byte of team-b, and change nothing of the log`, async () => {
    const mirror = await jetstreamManager(await as('mirror', 'm'));
    await mirror.consumers.add('CODITECT_EVENTS', { durable_name: 'sink' });
    const all = await heardBy(await as('team-a'), () => tell(5, 8));
    expect(all).toContain(canaries['team-a']);
    expect(all).not.toContain(canaries['team-b']);
    expect((await mirror.consumers.info('CODITECT_EVENTS', 'sink')).num_pending).toBe(16);
    const kept = await readAll(bench.reader(linkOf('mirror', 'm')));
    expect(kept.flatMap(({ fault }) => fault ?? [])).toEqual([]);
    expect(idsOf(kept).filter((id) => id.startsWith('team-b.'))).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((at) => `team-b.${at}`));
    expect(idsOf(await readAll(bench.reader(linkOf('team-b'))))).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((at) => `team-b.${at}`));
  });

  test('the search is not blind: the same probes by somebody who shares the account of the mirror hear everything', async () => {
    const other = new Bench();
    try {
      const shared = (await other.nats()).servers;
      const link = other.link(shared);
      const connection = await link.ready(within(5000));
      const publisher = await other.publisher(other.link(shared));
      const say = async () => void (await publisher.publish([anEvent(1, { tenant: 'team-b', pad: canaries['team-b'] })]), await publisher.drained(within(5000)));
      expect(connection && (await heardBy(connection, say))).toContain(canaries['team-b']);
    } finally {
      await other.end();
    }
  });

  test('permissions on subjects in one account are no wall: the answer to a question is written into the log of whomever it is sent to, where readers take none of it', async () => {
    const other = new Bench();
    try {
      const create = '$JS.API.CONSUMER.CREATE.CODITECT_EVENTS.team-a.coditect.events.team-a.>';
      const { servers: shared } = await other.nats({ accounts: [{ name: 'events', users: [{ user: 'mirror', password: 'm' }, { user: 'team-a', password: 'a', publish: [create], subscribe: ['_INBOX.>'] }] }] });
      const link = (user: string, password: string) => other.link(shared, { insecure: true, userFile: other.file(user, user), passwordFile: other.file(`${user}.password`, password) });
      const mirror = link('mirror', 'm');
      const publisher = await other.publisher(mirror);
      await publisher.publish([anEvent(1, { tenant: 'team-a' })]);
      await publisher.drained(within(5000));
      (await link('team-a', 'a').ready(within(5000)))?.publish(create, '{}', { reply: 'coditect.events.team-b.task' });
      const reader = other.reader(mirror);
      await expect.poll(async () => (await readAll(reader, { tenant: 'team-b' })).map(({ events, fault }) => [events.length, fault !== undefined]), { timeout: 5000 }).toEqual([[0, true]]);
    } finally {
      await other.end();
    }
  });

  test('a wrong password, the user of another account and nobody at all get in nowhere', async () => {
    for (const [user, password] of [['team-a', 'team-b'], ['mirror', 'team-a'], ['', '']] as const) {
      const link = linkOf(user, password);
      expect(await link.ready(within(1500))).toBeUndefined();
      expect(link.fault()).toMatch(/authorization/i);
    }
  });
});

test('the accounts are in the documents as they are here', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/events.md'), 'utf8');
  const shown: readonly NatsAccount[] = accounts.slice(0, 2).map((account) => ({ ...account, users: account.users.map(({ user }) => ({ user, password: '...' })), ...(account.exports === undefined ? {} : { exports: account.exports.slice(0, 1) }) }));
  for (const account of shown) expect(text).toContain(`\n${accountText(account)}\n`);
});
