// Who may still spend what: the tree tenant > pool > mission > task, reserved before a call and settled after it. No I/O: whoever
// keeps the events can make the same ledger again.
import type { BudgetAccount, LedgerEvent } from '#api/llm-journal.ts';
import type { CallUsage, Usage } from '#api/llm.ts';

/** An account that pays for a call, with its limit now. */
export interface Payer extends BudgetAccount {
  /** Absent: no limit on this level. */
  readonly limitMicroUsd?: number;
}

export type Reservation =
  | { readonly kind: 'reserved'; readonly event: LedgerEvent }
  /** The first level from the root that has too little left. */
  | { readonly kind: 'refused'; readonly account: BudgetAccount; readonly limitMicroUsd: number; readonly leftMicroUsd: number };

interface Balance {
  readonly account: BudgetAccount;
  readonly settled: CallUsage;
  readonly reservedMicroUsd: number;
  readonly calls: number;
  readonly cachedCalls: number;
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

  /** Takes the amount from what every payer has left, or from none. A call id is used once. */
  reserve(callId: string, payers: readonly Payer[], amountMicroUsd: number): Reservation {
    if (this.#open.has(callId)) throw new Error(`reserve for call ${callId}: it holds a reservation already; give every attempt an id of its own`);
    for (const { limitMicroUsd, ...account } of payers) {
      if (limitMicroUsd === undefined) continue;
      const { settled, reservedMicroUsd } = this.#balanceOf(account);
      const leftMicroUsd = Math.max(0, limitMicroUsd - settled.costMicroUsd - reservedMicroUsd);
      if (amountMicroUsd > leftMicroUsd) return { kind: 'refused', account, limitMicroUsd, leftMicroUsd };
    }
    const event: LedgerEvent = { kind: 'reserved', callId, accounts: payers.map(({ level, id }) => ({ level, id })), amountMicroUsd };
    this.apply(event);
    return { kind: 'reserved', event };
  }

  /** Replaces the reservation of a call by what it cost. Undefined when it holds none any more. */
  settle(callId: string, usage: CallUsage): LedgerEvent | undefined {
    return this.#finish({ kind: 'settled', callId, usage });
  }

  /** Gives back the reservation of a call that cost nothing. Undefined when it holds none any more. */
  release(callId: string): LedgerEvent | undefined {
    return this.#finish({ kind: 'released', callId });
  }

  /** Notes a call that had the answer of another one, and what it would have cost. */
  save(account: BudgetAccount, savedMicroUsd: number): LedgerEvent {
    const event: LedgerEvent = { kind: 'saved', account, cachedCalls: 1, savedMicroUsd };
    this.apply(event);
    return event;
  }

  /** Settles every open call at the most it can have cost: after a restart nobody knows better. */
  abandonOpen(): readonly LedgerEvent[] {
    return [...this.#open].map(([callId, { amountMicroUsd }]) => this.settle(callId, { ...noUsage, costMicroUsd: amountMicroUsd })).filter((event) => event !== undefined);
  }

  /** What an account has used and reserved. */
  usageOf(account: BudgetAccount): Usage {
    const { settled, reservedMicroUsd, calls, cachedCalls, savedMicroUsd } = this.#balanceOf(account);
    return { settled, reservedMicroUsd, calls, ...(cachedCalls === 0 ? {} : { cachedCalls, savedMicroUsd }) };
  }

  /** Repeats a change. An event about a call that is not open changes nothing. */
  apply(event: LedgerEvent): void {
    switch (event.kind) {
      case 'reserved':
        this.#open.set(event.callId, event);
        return this.#change(event.accounts, (balance) => ({ ...balance, reservedMicroUsd: balance.reservedMicroUsd + event.amountMicroUsd }));
      case 'settled':
        return this.#close(event.callId, (balance) => ({ ...balance, settled: sum(balance.settled, event.usage), calls: balance.calls + 1 }));
      case 'released':
        return this.#close(event.callId, (balance) => balance);
      case 'balance':
        return this.#change([event.account], (balance) => ({ ...balance, settled: sum(balance.settled, event.settled), calls: balance.calls + event.calls }));
      case 'saved':
        return this.#change([event.account], (balance) => ({ ...balance, cachedCalls: balance.cachedCalls + event.cachedCalls, savedMicroUsd: balance.savedMicroUsd + event.savedMicroUsd }));
    }
  }

  /** The fewest events that make this ledger again, of the accounts that `isKept`. */
  summary(isKept: (account: BudgetAccount) => boolean): LedgerEvent[] {
    const kept = [...this.#balances.values()].filter(({ account }) => isKept(account));
    const balances = kept.filter(({ calls }) => calls > 0).map(({ account, settled, calls }): LedgerEvent => ({ kind: 'balance', account, settled, calls }));
    const savings = kept.filter(({ cachedCalls }) => cachedCalls > 0).map(({ account, cachedCalls, savedMicroUsd }): LedgerEvent => ({ kind: 'saved', account, cachedCalls, savedMicroUsd }));
    const open = [...this.#open].map(([callId, { accounts, amountMicroUsd }]): LedgerEvent => ({ kind: 'reserved', callId, accounts: [...accounts], amountMicroUsd }));
    return [...balances, ...savings, ...open];
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

  #change(accounts: readonly BudgetAccount[], change: (balance: Balance) => Balance): void {
    for (const account of accounts) this.#balances.set(keyOf(account), change(this.#balanceOf(account)));
  }

  #balanceOf({ level, id }: BudgetAccount): Balance {
    return this.#balances.get(keyOf({ level, id })) ?? { account: { level, id }, settled: noUsage, reservedMicroUsd: 0, calls: 0, cachedCalls: 0, savedMicroUsd: 0 };
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
