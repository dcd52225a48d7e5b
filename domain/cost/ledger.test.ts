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
const t0 = 1_700_000_100_000;
const minute = 60_000;

describe('a ledger', () => {
  test('names the first level from the root that has too little left, and takes from none', () => {
    const ledger = new Ledger();
    expect(ledger.reserve('a', payers, 601, t0)).toEqual({ kind: 'refused', account: { level: 'mission', id: 'm' }, limitMicroUsd: 600, leftMicroUsd: 600 });
    expect(ledger.reserve('b', [tenant], 500, t0)).toMatchObject({ kind: 'reserved' });
    expect(ledger.reserve('c', payers, 501, t0)).toMatchObject({ kind: 'refused', account: { level: 'tenant' }, leftMicroUsd: 500 });
    expect(ledger.usageOf(mission)).toEqual({ settled: noUsage, reservedMicroUsd: 0, calls: 0 });
  });
  test('lets the last micro-dollar be spent', () => expect(new Ledger().reserve('a', payers, 600, t0).kind).toBe('reserved'));
  test('bills what a call cost and gives the rest back', () => {
    const ledger = new Ledger();
    ledger.reserve('a', payers, 600, t0);
    ledger.settle('a', cost(100), t0);
    for (const payer of payers) expect(ledger.usageOf(payer)).toEqual({ settled: cost(100), reservedMicroUsd: 0, calls: 1 });
    expect(ledger.reserve('b', payers, 500, t0).kind).toBe('reserved');
  });
  test('tells a call that cost more than was reserved as it was', () => {
    const ledger = new Ledger();
    ledger.reserve('a', payers, 10, t0);
    ledger.settle('a', cost(700), t0);
    expect(ledger.reserve('b', payers, 1, t0)).toMatchObject({ kind: 'refused', leftMicroUsd: 0 });
  });
  test('counts calls that were open at its death at their reservation', () => {
    const ledger = new Ledger();
    ledger.reserve('a', payers, 400, t0);
    expect(ledger.abandonOpen(t0)).toHaveLength(1);
    expect(ledger.usageOf(mission)).toMatchObject({ settled: { costMicroUsd: 400 }, reservedMicroUsd: 0 });
    expect(ledger.abandonOpen(t0)).toEqual([]);
  });
  test('knows a second reservation under the same id for a bug', () => {
    const ledger = new Ledger();
    ledger.reserve('a', payers, 1, t0);
    expect(() => ledger.reserve('a', payers, 1, t0)).toThrow(/id of its own/);
  });
  test('forgets accounts in its summary that are not kept', () => {
    const ledger = new Ledger();
    ledger.reserve('a', payers, 5, t0);
    ledger.settle('a', cost(5), t0);
    expect(ledger.summary(({ level }) => level === 'tenant')).toEqual([
      { kind: 'balance', account: { level: 'tenant', id: 'ns' }, settled: cost(5), calls: 1 },
      { kind: 'spent', account: { level: 'tenant', id: 'ns' }, at: t0, costMicroUsd: 5 },
    ]);
  });
  test('notes what calls were cheaper than they were asked for', () => {
    const ledger = new Ledger();
    expect(ledger.usageOf(mission)).not.toHaveProperty('savedMicroUsd');
    ledger.save(mission, { cachedCalls: 1, savedMicroUsd: 7 });
    for (let call = 0; call < 2; call += 1) ledger.save(mission, { downgradedCalls: 1, savedMicroUsd: 10 });
    expect(ledger.usageOf(mission)).toEqual({ settled: noUsage, reservedMicroUsd: 0, calls: 0, cachedCalls: 1, downgradedCalls: 2, savedMicroUsd: 27 });
    expect(ledger.summary(all)).toEqual([{ kind: 'saved', account: { level: 'mission', id: 'm' }, cachedCalls: 1, downgradedCalls: 2, batchedCalls: 0, savedMicroUsd: 27 }]);
  });
});

describe('a limit for a period', () => {
  const hourly: Payer = { level: 'pool', id: 'ns/p', limitMicroUsd: 100, periodMs: 60 * minute };
  const spend = (ledger: Ledger, costMicroUsd: number, at: number) => {
    ledger.reserve(`c${at}`, [hourly], costMicroUsd, at);
    ledger.settle(`c${at}`, cost(costMicroUsd), at);
  };
  test('gives back what was spent before it, and nothing earlier', () => {
    const ledger = new Ledger();
    spend(ledger, 60, t0);
    spend(ledger, 40, t0 + 30 * minute);
    expect(ledger.reserve('a', [hourly], 1, t0 + 59 * minute)).toEqual({ kind: 'refused', account: { level: 'pool', id: 'ns/p' }, limitMicroUsd: 100, leftMicroUsd: 0, periodMs: 60 * minute });
    expect(ledger.reserve('b', [hourly], 61, t0 + 70 * minute)).toMatchObject({ kind: 'refused', leftMicroUsd: 60 });
    expect(ledger.reserve('c', [hourly], 60, t0 + 70 * minute).kind).toBe('reserved');
  });
  test('counts what is in flight, however long ago it began', () => {
    const ledger = new Ledger();
    ledger.reserve('a', [hourly], 80, t0);
    expect(ledger.reserve('b', [hourly], 21, t0 + 600 * minute)).toMatchObject({ kind: 'refused', leftMicroUsd: 20 });
  });
  test('is kept through a summary', () => {
    const ledger = new Ledger();
    spend(ledger, 60, t0);
    const again = new Ledger();
    for (const event of ledger.summary(all)) again.apply(LedgerEvent.parse(event));
    expect(again.reserve('a', [hourly], 41, t0 + minute)).toMatchObject({ kind: 'refused', leftMicroUsd: 40 });
    expect(again.usageOf(hourly)).toEqual(ledger.usageOf(hourly));
  });
  test('forgets in time what no limit can ask for any more', () => {
    const ledger = new Ledger();
    for (let day = 0; day < 100; day += 1) spend(ledger, 1, t0 + day * 1440 * minute);
    expect(ledger.summary(all).filter(({ kind }) => kind === 'spent')).toHaveLength(32);
  });
  test('holds for every span of that length, whenever calls come', () => {
    const calls = fc.array(fc.record({ gap: fc.nat(40 * minute), amount: fc.nat(60) }), { maxLength: 60 });
    fc.assert(fc.property(calls, (wishes) => {
      const ledger = new Ledger();
      const spent: { at: number; amount: number }[] = [];
      let at = t0;
      for (const [index, { gap, amount }] of wishes.entries()) {
        at += gap;
        if (ledger.reserve(`c${index}`, [hourly], amount, at).kind === 'refused') continue;
        ledger.settle(`c${index}`, cost(amount), at);
        spent.push({ at, amount });
        const recent = spent.filter((call) => call.at > at - 60 * minute).reduce((sum, call) => sum + call.amount, 0);
        expect(recent).toBeLessThanOrEqual(100);
      }
    }));
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
      const done = ledger.reserve(id, step.payers, step.amount, t0);
      if (done.kind === 'reserved') events.push(done.event);
      calls.push({ id, amount: step.amount });
    } else {
      const call = calls[step.at];
      const event = call && (step.kind === 'settle' ? ledger.settle(call.id, cost(Math.floor(call.amount * step.share)), t0) : ledger.release(call.id));
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
