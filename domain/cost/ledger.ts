// Who may still spend what: the tree tenant > pool > mission > task, reserved before a call and settled after it. No I/O: whoever
// keeps the events can make the same ledger again.
import type { BudgetAccount, LedgerEvent } from '#api/llm-journal.ts';
import type { CallUsage, Usage } from '#api/llm.ts';
import type { Instant } from '#api/time.ts';
import { Spending } from './spending.ts';

/** An account that pays for a call, with its limit now. */
export interface Payer extends BudgetAccount {
  /** Absent: no limit on this level. */
  readonly limitMicroUsd?: number;
  /** The limit is for this long back, in milliseconds. Absent: for ever. Tenants and pools alone have one. */
  readonly periodMs?: number;
}

/** Calls that were cheaper than they were asked for, and by how much. */
export type Saving = Partial<Pick<Extract<LedgerEvent, { kind: 'saved' }>, 'cachedCalls' | 'downgradedCalls' | 'batchedCalls'>> & { readonly savedMicroUsd: number };

export type Reservation =
  | { readonly kind: 'reserved'; readonly event: LedgerEvent }
  /** The first level from the root that has too little left. */
  | { readonly kind: 'refused'; readonly account: BudgetAccount; readonly limitMicroUsd: number; readonly leftMicroUsd: number; readonly periodMs?: number };

interface Balance {
  readonly account: BudgetAccount;
  readonly settled: CallUsage;
  readonly reservedMicroUsd: number;
  readonly calls: number;
  readonly cachedCalls: number;
  readonly downgradedCalls: number;
  readonly batchedCalls: number;
  readonly savedMicroUsd: number;
}

interface OpenCall {
  readonly accounts: readonly BudgetAccount[];
  readonly amountMicroUsd: number;
}

/** Nothing used. */
export const noUsage: CallUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd: 0 };

/** The ledger. Every change is an event; `apply` of the same events in the same order gives the same ledger. */
export class Ledger {
  readonly #balances = new Map<string, Balance>();
  readonly #open = new Map<string, OpenCall>();
  /** When tenants and pools spent what; the limits of others know no time. */
  readonly #spendings = new Map<string, { readonly account: BudgetAccount; readonly spending: Spending }>();

  /** Takes the amount from what every payer has left, or from none. A call id is used once. */
  reserve(callId: string, payers: readonly Payer[], amountMicroUsd: number, now: Instant): Reservation {
    if (this.#open.has(callId)) throw new Error(`reserve for call ${callId}: it holds a reservation already; give every attempt an id of its own`);
    for (const { limitMicroUsd, periodMs, ...account } of payers) {
      if (limitMicroUsd === undefined) continue;
      const spentMicroUsd = periodMs === undefined ? this.#balanceOf(account).settled.costMicroUsd : this.#spendingOf(account).within(periodMs, now);
      const leftMicroUsd = Math.max(0, limitMicroUsd - spentMicroUsd - this.#balanceOf(account).reservedMicroUsd);
      if (amountMicroUsd > leftMicroUsd) return { kind: 'refused', account, limitMicroUsd, leftMicroUsd, ...(periodMs === undefined ? {} : { periodMs }) };
    }
    const event: LedgerEvent = { kind: 'reserved', callId, accounts: payers.map(({ level, id }) => ({ level, id })), amountMicroUsd };
    this.apply(event);
    return { kind: 'reserved', event };
  }

  /** Replaces the reservation of a call by what it cost. Undefined when it holds none any more. */
  settle(callId: string, usage: CallUsage, at: Instant): LedgerEvent | undefined {
    return this.#finish({ kind: 'settled', callId, usage, at });
  }

  /** Gives back the reservation of a call that cost nothing. Undefined when it holds none any more. */
  release(callId: string): LedgerEvent | undefined {
    return this.#finish({ kind: 'released', callId });
  }

  /** Notes calls that were cheaper than they were asked for. */
  save(account: BudgetAccount, saving: Saving): LedgerEvent {
    const event: LedgerEvent = { kind: 'saved', account, cachedCalls: 0, ...saving };
    this.apply(event);
    return event;
  }

  /** Settles every open call at the most it can have cost: after a restart nobody knows better. */
  abandonOpen(at: Instant): readonly LedgerEvent[] {
    return [...this.#open].map(([callId, { amountMicroUsd }]) => this.settle(callId, { ...noUsage, costMicroUsd: amountMicroUsd }, at)).filter((event) => event !== undefined);
  }

  /** What an account has used and reserved. */
  usageOf(account: BudgetAccount): Usage {
    const { settled, reservedMicroUsd, calls, cachedCalls, downgradedCalls, batchedCalls, savedMicroUsd } = this.#balanceOf(account);
    const counts = { ...(cachedCalls === 0 ? {} : { cachedCalls }), ...(downgradedCalls === 0 ? {} : { downgradedCalls }), ...(batchedCalls === 0 ? {} : { batchedCalls }) };
    return { settled, reservedMicroUsd, calls, ...counts, ...(Object.keys(counts).length === 0 ? {} : { savedMicroUsd }) };
  }

  /** Repeats a change. An event about a call that is not open changes nothing. */
  apply(event: LedgerEvent): void {
    switch (event.kind) {
      case 'reserved':
        this.#open.set(event.callId, event);
        return this.#change(event.accounts, (balance) => ({ ...balance, reservedMicroUsd: balance.reservedMicroUsd + event.amountMicroUsd }));
      case 'settled':
        if (event.at !== undefined) this.#spend(event.callId, event.usage.costMicroUsd, event.at);
        return this.#close(event.callId, (balance) => ({ ...balance, settled: sum(balance.settled, event.usage), calls: balance.calls + 1 }));
      case 'released':
        return this.#close(event.callId, (balance) => balance);
      case 'balance':
        return this.#change([event.account], (balance) => ({ ...balance, settled: sum(balance.settled, event.settled), calls: balance.calls + event.calls }));
      case 'spent':
        return this.#spendingOf(event.account).add(event.at, event.costMicroUsd);
      case 'saved':
        return this.#change([event.account], (balance) => ({
          ...balance,
          cachedCalls: balance.cachedCalls + event.cachedCalls,
          downgradedCalls: balance.downgradedCalls + (event.downgradedCalls ?? 0),
          batchedCalls: balance.batchedCalls + (event.batchedCalls ?? 0),
          savedMicroUsd: balance.savedMicroUsd + event.savedMicroUsd,
        }));
    }
  }

  /** The fewest events that make this ledger again, of the accounts that `isKept`. */
  summary(isKept: (account: BudgetAccount) => boolean): LedgerEvent[] {
    const kept = [...this.#balances.values()].filter(({ account }) => isKept(account));
    const balances = kept.filter(({ calls }) => calls > 0).map(({ account, settled, calls }): LedgerEvent => ({ kind: 'balance', account, settled, calls }));
    const savings = kept.filter(({ cachedCalls, downgradedCalls, batchedCalls }) => cachedCalls + downgradedCalls + batchedCalls > 0).map(({ account, cachedCalls, downgradedCalls, batchedCalls, savedMicroUsd }): LedgerEvent => ({ kind: 'saved', account, cachedCalls, downgradedCalls, batchedCalls, savedMicroUsd }));
    const spendings = [...this.#spendings.values()].filter(({ account }) => isKept(account)).flatMap(({ account, spending }) => spending.slices().map(([at, costMicroUsd]): LedgerEvent => ({ kind: 'spent', account, at, costMicroUsd })));
    const open = [...this.#open].map(([callId, { accounts, amountMicroUsd }]): LedgerEvent => ({ kind: 'reserved', callId, accounts: [...accounts], amountMicroUsd }));
    return [...balances, ...spendings, ...savings, ...open];
  }

  #finish<E extends LedgerEvent & { readonly callId: string }>(event: E): E | undefined {
    if (!this.#open.has(event.callId)) return undefined;
    this.apply(event);
    return event;
  }

  #close(callId: string, then: (balance: Balance) => Balance): void {
    const call = this.#open.get(callId);
    if (call === undefined) return;
    this.#open.delete(callId);
    this.#change(call.accounts, (balance) => then({ ...balance, reservedMicroUsd: balance.reservedMicroUsd - call.amountMicroUsd }));
  }

  #spend(callId: string, costMicroUsd: number, at: Instant): void {
    for (const account of this.#open.get(callId)?.accounts ?? []) {
      if (account.level === 'tenant' || account.level === 'pool') this.#spendingOf(account).add(at, costMicroUsd);
    }
  }

  #spendingOf({ level, id }: BudgetAccount): Spending {
    const known = this.#spendings.get(keyOf({ level, id }));
    if (known !== undefined) return known.spending;
    const spending = new Spending();
    this.#spendings.set(keyOf({ level, id }), { account: { level, id }, spending });
    return spending;
  }

  #change(accounts: readonly BudgetAccount[], change: (balance: Balance) => Balance): void {
    for (const account of accounts) this.#balances.set(keyOf(account), change(this.#balanceOf(account)));
  }

  #balanceOf({ level, id }: BudgetAccount): Balance {
    return this.#balances.get(keyOf({ level, id })) ?? { account: { level, id }, settled: noUsage, reservedMicroUsd: 0, calls: 0, cachedCalls: 0, downgradedCalls: 0, batchedCalls: 0, savedMicroUsd: 0 };
  }
}

function keyOf({ level, id }: BudgetAccount): string {
  return `${level} ${id}`;
}

function sum(a: CallUsage, b: CallUsage): CallUsage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    costMicroUsd: a.costMicroUsd + b.costMicroUsd,
  };
}
