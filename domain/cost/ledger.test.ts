import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BudgetAccount, LedgerEvent } from '#api/llm-journal.ts';
import type { CallUsage } from '#api/llm.ts';
import { Ledger, noUsage, type Payer } from './ledger.ts';

const cost = (costMicroUsd: number): CallUsage => ({ ...noUsage, inputTokens: 1, costMicroUsd });
const tenant: Payer = { level: 'tenant', id: 'ns', limitMicroUsd: 1000 };
const mission: Payer = { level: 'mission', id: 'm', limitMicroUsd: 600 };
const task: Payer = { level: 'task', id: 't' };
const payers = [tenant, mission, task];
const all = () => true;

describe('a ledger', () => {
  test('names the first level from the root that has too little left, and takes from none', () => {
    const ledger = new Ledger();
    expect(ledger.reserve('a', payers, 601)).toEqual({ kind: 'refused', account: { level: 'mission', id: 'm' }, limitMicroUsd: 600, leftMicroUsd: 600 });
    expect(ledger.reserve('b', [tenant], 500)).toMatchObject({ kind: 'reserved' });
    expect(ledger.reserve('c', payers, 501)).toMatchObject({ kind: 'refused', account: { level: 'tenant' }, leftMicroUsd: 500 });
    expect(ledger.usageOf(mission)).toEqual({ settled: noUsage, reservedMicroUsd: 0, calls: 0 });
  });
  test('lets the last micro-dollar be spent', () => expect(new Ledger().reserve('a', payers, 600).kind).toBe('reserved'));
  test('bills what a call cost and gives the rest back', () => {
    const ledger = new Ledger();
    ledger.reserve('a', payers, 600);
    ledger.settle('a', cost(100));
    for (const payer of payers) expect(ledger.usageOf(payer)).toEqual({ settled: cost(100), reservedMicroUsd: 0, calls: 1 });
    expect(ledger.reserve('b', payers, 500).kind).toBe('reserved');
  });
  test('tells a call that cost more than was reserved as it was', () => {
    const ledger = new Ledger();
    ledger.reserve('a', payers, 10);
    ledger.settle('a', cost(700));
    expect(ledger.reserve('b', payers, 1)).toMatchObject({ kind: 'refused', leftMicroUsd: 0 });
  });
  test('counts calls that were open at its death at their reservation', () => {
    const ledger = new Ledger();
    ledger.reserve('a', payers, 400);
    expect(ledger.abandonOpen()).toHaveLength(1);
    expect(ledger.usageOf(mission)).toMatchObject({ settled: { costMicroUsd: 400 }, reservedMicroUsd: 0 });
    expect(ledger.abandonOpen()).toEqual([]);
  });
  test('knows a second reservation under the same id for a bug', () => {
    const ledger = new Ledger();
    ledger.reserve('a', payers, 1);
    expect(() => ledger.reserve('a', payers, 1)).toThrow(/id of its own/);
  });
  test('forgets accounts in its summary that are not kept', () => {
    const ledger = new Ledger();
    ledger.reserve('a', payers, 5);
    ledger.settle('a', cost(5));
    expect(ledger.summary(({ level }) => level === 'tenant')).toEqual([{ kind: 'balance', account: { level: 'tenant', id: 'ns' }, settled: cost(5), calls: 1 }]);
  });
});

type Step = { readonly kind: 'reserve'; readonly payers: readonly Payer[]; readonly amount: number } | { readonly kind: 'settle' | 'release'; readonly at: number; readonly share: number };
const limits = { tenant: 2000, pool: 1500, mission: 1000, task: 700 } as const;
const payer = (level: BudgetAccount['level'], id: string): Payer => ({ level, id, limitMicroUsd: limits[level] });
const anyPayers = fc.tuple(fc.constantFrom('n1', 'n2'), fc.constantFrom('p1', 'p2'), fc.constantFrom('m1', 'm2', 'm3'), fc.constantFrom('t1', 't2', 't3')).map(([n, p, m, t]) => [payer('tenant', n), payer('pool', p), payer('mission', m), payer('task', t)]);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('reserve' as const), payers: anyPayers, amount: fc.nat(800) }),
  fc.record({ kind: fc.constantFrom('settle' as const, 'release' as const), at: fc.nat(30), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
);

/** Carries out steps; each call may be ended often. Gives the events as they came out of a file. */
function play(steps: readonly Step[]): { ledger: Ledger; events: LedgerEvent[]; accounts: readonly Payer[] } {
  const ledger = new Ledger();
  const events: LedgerEvent[] = [];
  const calls: { id: string; amount: number }[] = [];
  const accounts = new Map<string, Payer>();
  for (const step of steps) {
    if (step.kind === 'reserve') {
      for (const account of step.payers) accounts.set(`${account.level}${account.id}`, account);
      const id = `c${calls.length}`;
      const done = ledger.reserve(id, step.payers, step.amount);
      if (done.kind === 'reserved') events.push(done.event);
      calls.push({ id, amount: step.amount });
    } else {
      const call = calls[step.at];
      const event = call && (step.kind === 'settle' ? ledger.settle(call.id, cost(Math.floor(call.amount * step.share))) : ledger.release(call.id));
      if (event !== undefined) events.push(event);
    }
    for (const account of accounts.values()) expectWithin(ledger, account);
  }
  return { ledger, events: events.map((event) => LedgerEvent.parse(JSON.parse(JSON.stringify(event)))), accounts: [...accounts.values()] };
}

function expectWithin(ledger: Ledger, { limitMicroUsd = 0, ...account }: Payer): void {
  const { settled, reservedMicroUsd } = ledger.usageOf(account);
  expect(reservedMicroUsd).toBeGreaterThanOrEqual(0);
  expect(settled.costMicroUsd + reservedMicroUsd).toBeLessThanOrEqual(limitMicroUsd);
}

describe('whatever happens', () => {
  test('what is spent and reserved stays within every limit', () => fc.assert(fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => void play(steps))));

  test('the events make the same ledger again, and so does its summary', () => {
    fc.assert(fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const { ledger, events, accounts } = play(steps);
      const replayed = new Ledger();
      for (const event of events) replayed.apply(event);
      const summed = new Ledger();
      for (const event of replayed.summary(all)) summed.apply(event);
      for (const account of accounts) {
        expect(replayed.usageOf(account)).toEqual(ledger.usageOf(account));
        expect(summed.usageOf(account)).toEqual(ledger.usageOf(account));
      }
    }));
  });

  test('ending a call twice is ending it once', () => {
    fc.assert(fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const { ledger, events } = play(steps);
      const twice = new Ledger();
      for (const event of events) {
        twice.apply(event);
        if (event.kind !== 'reserved') twice.apply(event);
      }
      expect(twice.summary(all)).toEqual(ledger.summary(all));
    }));
  });
});
