import { X509Certificate } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { createAuthority, isIssuedBy, parseBundle, urisOf } from '#platform/rpc/certificates.ts';
import { createGrantVerifier } from '#platform/rpc/grant.ts';
import type { Authority, AuthorityState } from '#platform/rpc/rotation.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { type OperatorIdentity, startOperatorIdentity } from './operator-identity.ts';

let identity: OperatorIdentity | undefined;
afterEach(() => identity?.close());

async function setUp({ isLeading = true } = {}) {
  const clock = new ManualClock();
  const authority = async (): Promise<Authority> => ({ ...(await createAuthority(clock.now())), createdAt: clock.now() });
  const world = { state: undefined as AuthorityState | undefined, failing: false, asked: { load: 0, maintain: 0 }, changes: 0 };
  const answer = (how: 'load' | 'maintain') => {
    world.asked[how] += 1;
    return world.failing ? Promise.reject(new Error('connection refused')) : Promise.resolve(world.state);
  };
  const store = { load: () => answer('load'), maintain: () => answer('maintain') as Promise<AuthorityState> };
  const started = startOperatorIdentity({ store, namespace: 'sys', isLeading: () => isLeading, clock, log: silentLog });
  started.onChanged(() => (world.changes += 1));
  identity = started;
  /** Lets time pass until the next thing has happened; keys are made in real time. */
  const until = async (isDone: () => boolean) => {
    while (!isDone()) {
      await clock.advance(1000);
      await new Promise(setImmediate);
    }
  };
  return { clock, world, authority, started, until };
}

const grant = { agent: 'a', namespaceUid: 'n', ownerUid: 'o', taskUid: 't' };

test('a follower waits for the CA that the leader makes, and makes none', async () => {
  const { world, authority, started, until } = await setUp({ isLeading: false });
  await until(() => world.asked.load >= 3);
  expect(started.authorities()).toBeUndefined();
  expect(() => started.credential()).toThrow(/wait for ready/);
  world.state = { current: await authority() };
  await until(() => world.changes === 1);
  await started.ready;
  const { certificate, caBundle } = started.credential();
  expect(urisOf(new X509Certificate(certificate))).toEqual(['spiffe://coditect/role/operator']);
  expect(new X509Certificate(certificate).checkHost('coditect-operator.sys.svc')).toBeDefined();
  expect(caBundle).toBe(world.state.current.certificate);
  expect(world.asked.maintain).toBe(0);
});

test('a grant stays valid for the longest task, although certificates are renewed meanwhile', async () => {
  const { world, authority, started, until, clock } = await setUp();
  world.state = { current: await authority() };
  await until(() => world.changes === 1);
  const first = started.credential().certificate;
  // The worst moment: the renewal is due, and the API server has been away for half a day.
  world.failing = true;
  await clock.advance(7.5 * 86_400_000);
  const longest = clock.now() + 604_800_000;
  const text = started.signGrant({ ...grant, expiresAt: longest });
  world.failing = false;
  await until(() => started.credential().certificate !== first);
  expect(createGrantVerifier(started.credential().caBundle)(text, 'a', longest - 1)).toMatchObject({ kind: 'granted' });
});

test('a new CA in the bundle is a change, a new signer makes a new certificate', async () => {
  const { world, authority, started, until } = await setUp();
  world.state = { current: await authority() };
  await until(() => world.changes === 1);
  const { certificate } = started.credential();
  const next = await authority();
  world.state = { ...world.state, next };
  await until(() => world.changes === 2);
  expect(started.credential().certificate).toBe(certificate);
  expect(started.credential().caBundle).toContain(next.certificate);
  world.state = { current: next };
  await until(() => world.changes === 3);
  expect(isIssuedBy(new X509Certificate(started.credential().certificate), parseBundle(next.certificate), Date.UTC(2026, 0, 1, 1))).toBe(true);
});

test('an API server that is away changes nothing', async () => {
  const { world, authority, started, until } = await setUp();
  world.state = { current: await authority() };
  await until(() => world.changes === 1);
  const before = started.credential();
  world.failing = true;
  const asked = world.asked.maintain;
  await until(() => world.asked.maintain > asked + 1);
  expect(started.credential()).toEqual(before);
  expect(world.changes).toBe(1);
});
