import { describe, expect, test } from 'vitest';
import type { WorkResponse } from '#platform/rpc/generated/coditect/v1alpha1/task_queue_pb.ts';
import { silentLog } from '#platform/telemetry/log.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Order } from '../../task/agents-port.ts';
import { createFleet, type Outbox } from './fleet.ts';
import { checkHello } from './messages.ts';
import { aHello } from './testing.ts';

const identity = { namespace: 'team-a', pool: 'crew', pod: 'p-1', uid: 'uid-p-1' };
const ref = { taskUid: 'u', attempt: 1, epoch: { term: 2, counter: 1 } };
const order: Order = { ...ref, namespace: 'team-a', name: 'a', specJson: '{}', inputsJson: '{}', workspace: {}, blobGrant: 'g', llmGrant: 'l', namespaceUid: 'ns', ownerUid: 'o', deadlineSeconds: 60, pastSeconds: 0 };

class FakeOutbox implements Outbox {
  readonly sent: WorkResponse[] = [];
  closed: string | undefined;
  send = (message: WorkResponse) => void this.sent.push(message);
  close = (reason: string) => void (this.closed = reason);
  get cases() {
    return this.sent.map(({ message }) => message.case);
  }
}

function aFleet() {
  const clock = new ManualClock();
  const heard: string[] = [];
  const fleet = createFleet({
    clock,
    log: silentLog,
    leaseSeconds: 30,
    listener: {
      connected: (agent, claims, sameProcess) => heard.push(`connected ${agent.pod} ${claims.length} ${sameProcess ? 'same' : 'other'}`),
      disconnected: (uid) => heard.push(`disconnected ${uid}`),
      silent: (uid) => heard.push(`silent ${uid}`),
    },
  });
  const open = (hello: Parameters<typeof aHello>[0] = {}, outbox = new FakeOutbox()) => {
    fleet.open(identity, checkHello(aHello(hello)), outbox);
    return outbox;
  };
  return { clock, fleet, heard, open };
}

describe('a connection', () => {
  test('is known by its hello', () => {
    const { fleet, heard, open } = aFleet();
    open({ slots: 3, claims: [{ taskUid: 'u', attempt: 1, epoch: { term: 1, counter: 1 } }] });
    expect(fleet.view(identity.uid)).toEqual({ ...identity, slots: 3, agentTypes: ['Tester'], capabilities: ['node-24'], boundary: 'full', draining: false });
    expect(heard).toEqual(['connected p-1 1 other']);
  });

  test('takes the place of the one before, which ends without being missed', () => {
    const { fleet, heard, open } = aFleet();
    const first = open();
    const second = open();
    expect(first.closed).toMatch('replaced');
    fleet.closed(identity.uid, first);
    expect(heard).toEqual(['connected p-1 0 other', 'connected p-1 0 same']);
    expect([fleet.heard(identity.uid, first), fleet.heard(identity.uid, second)]).toEqual([false, true]);
    fleet.confirm(identity.uid, ref);
    expect([first.cases, second.cases]).toEqual([[], ['confirm']]);
  });

  test('of another process is another agent in the same pod', () => {
    const { heard, open } = aFleet();
    open();
    open({ processUuid: '11111111-1111-1111-1111-111111111111' });
    expect(heard[1]).toBe('connected p-1 0 other');
  });

  test('that ends leaves the agent known, and nothing can be sent', () => {
    const { fleet, heard, open } = aFleet();
    const outbox = open();
    fleet.closed(identity.uid, outbox);
    expect(heard.at(-1)).toBe('disconnected uid-p-1');
    expect(fleet.view(identity.uid)).toBeDefined();
    expect(fleet.members()).toEqual([]);
    expect([fleet.assign(identity.uid, order), fleet.abort(identity.uid, ref, ''), fleet.confirm(identity.uid, ref), fleet.reissue(identity.uid, ref, ref.epoch, { blobGrant: 'g', llmGrant: '' })]).toEqual([false, false, false, false]);
    open();
    expect(heard.at(-1)).toBe('connected p-1 0 same');
  });

  test('that nobody knows is not heard', () => {
    const { fleet } = aFleet();
    expect(fleet.heard('stranger', new FakeOutbox())).toBe(false);
    fleet.closed('stranger', new FakeOutbox());
    fleet.taskEnded('stranger');
    fleet.drain('stranger', '');
    expect(fleet.confirm('stranger', ref)).toBe(false);
  });
});

describe('silence', () => {
  test('of one and a half leases ends the membership, connected or not', async () => {
    const { clock, fleet, heard, open } = aFleet();
    const outbox = open();
    await clock.advance(44_999);
    fleet.tick();
    expect(heard).toHaveLength(1);
    await clock.advance(1);
    fleet.tick();
    fleet.tick();
    expect(heard.slice(1)).toEqual(['silent uid-p-1']);
    expect(outbox.closed).toBeDefined();
    fleet.closed(identity.uid, outbox);
    expect(heard).toHaveLength(2);
  });

  test('is broken by anything that is heard', async () => {
    const { clock, fleet, heard, open } = aFleet();
    const outbox = open();
    await clock.advance(40_000);
    fleet.heard(identity.uid, outbox);
    await clock.advance(44_000);
    fleet.tick();
    expect(heard).toHaveLength(1);
  });

  test('an agent that comes back after it is taken for another process', async () => {
    const { clock, fleet, heard, open } = aFleet();
    open();
    await clock.advance(45_000);
    fleet.tick();
    open();
    expect(heard.at(-1)).toBe('connected p-1 0 other');
  });
});

describe('idle time', () => {
  test('counts from the end of the last task, and goes on over a new connection of the same process', async () => {
    const { clock, fleet, open } = aFleet();
    open();
    await clock.advance(5000);
    fleet.taskEnded(identity.uid);
    await clock.advance(2000);
    open();
    expect(fleet.members().map(({ quietMs }) => quietMs)).toEqual([2000]);
    open({ processUuid: '11111111-1111-1111-1111-111111111111' });
    expect(fleet.members().map(({ quietMs }) => quietMs)).toEqual([0]);
  });
});

describe('orders', () => {
  test('reach the agent as they are', () => {
    const { fleet, open } = aFleet();
    const outbox = open();
    fleet.assign(identity.uid, order);
    fleet.abort(identity.uid, ref, 'x'.repeat(400));
    fleet.reissue(identity.uid, ref, { term: 3, counter: 9 }, { blobGrant: 'blobs', llmGrant: 'models' });
    expect(outbox.sent.map(({ message }) => message)).toMatchObject([
      { case: 'assign', value: { taskUid: 'u', task: { name: 'a' }, blobGrant: 'g', llmGrant: 'l' } },
      { case: 'abort', value: { ...ref, reason: 'x'.repeat(256) } },
      { case: 'reissue', value: { taskUid: 'u', attempt: 1, oldEpoch: ref.epoch, newEpoch: { term: 3, counter: 9 }, blobGrant: 'blobs', llmGrant: 'models' } },
    ]);
  });

  test('to drain are sent once, and do not lose the connection', () => {
    const { fleet, open } = aFleet();
    const outbox = open();
    fleet.drain(identity.uid, 'fewer');
    fleet.drain(identity.uid, 'fewer');
    expect(outbox.cases).toEqual(['drain']);
    expect(fleet.view(identity.uid)?.draining).toBe(true);
    expect(fleet.heard(identity.uid, outbox)).toBe(true);
    fleet.closed(identity.uid, outbox);
    expect(fleet.members()).toEqual([]);
  });
});

test('a shutdown ends every stream', () => {
  const { fleet, open } = aFleet();
  const outbox = open();
  fleet.shutdown('going away');
  expect(outbox.closed).toBe('going away');
});
