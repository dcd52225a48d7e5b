// Money of the running process: the ledger, its journal, and the limits of each level.
import type { Account, CallUsage, Usage } from '#api/llm.ts';
import type { LedgerEvent } from '#api/llm-journal.ts';
import { Ledger, type Payer } from '#domain/cost/ledger.ts';
import { formatMicroUsd, microUsdOf } from '#domain/cost/money.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { createJournal, type Journal, readJournal } from './journal.ts';

/** What a call holds until its bill is known. The first of the two ends it, the other then does nothing. */
export interface Hold {
  readonly amountMicroUsd: number;
  settle(usage: CallUsage): void;
  /** Nothing was billed. */
  release(): void;
}

export type Held = { readonly kind: 'held'; readonly hold: Hold } | { readonly kind: 'refused'; readonly message: string };

export interface Budget {
  /** Resolves when the reservation is on the disk. Rejects when it cannot be written. */
  reserve(account: Account, maxCostUsd: string | undefined, amountMicroUsd: number): Promise<Held>;
  usageOf(missionUid: string): Usage;
  /** Counts a call that had the answer of another one, and what it would have cost, in micro-USD. */
  saved(account: Account, savedMicroUsd: number): void;
  reservedMicroUsd(): number;
  /** Why no call can be paid for. */
  fault(): string | undefined;
  close(): Promise<void>;
}

export interface BudgetOptions {
  readonly folder: string;
  /** For missions without a budget of their own. */
  readonly missionMaxUsd: string;
  readonly tenantMaxUsd: string | undefined;
  /** UIDs of missions and tasks that exist: the accounts of others are dropped. */
  readonly living: ReadonlySet<string>;
  readonly newId: () => string;
  readonly log: Log;
}

/** Reads what was spent; calls that were open when the last process ended count at the most they can have cost. */
export async function openBudget({ folder, living, log, ...options }: BudgetOptions): Promise<Budget> {
  const before = ledgerOf(await readJournal(folder));
  const abandoned = before.abandonOpen();
  if (abandoned.length > 0) log.warn('calls were open when the last process ended; they count at the most they can have cost', { calls: abandoned.length });
  const kept = before.summary(({ level, id }) => level === 'tenant' || level === 'pool' || living.has(id));
  const journal = await createJournal(folder, kept, log);
  return new JournaledBudget({ ...options, ledger: ledgerOf(kept), journal });
}

function ledgerOf(events: readonly LedgerEvent[]): Ledger {
  const ledger = new Ledger();
  for (const event of events) ledger.apply(event);
  return ledger;
}

type Parts = Omit<BudgetOptions, 'folder' | 'living' | 'log'> & { readonly ledger: Ledger; readonly journal: Journal };

class JournaledBudget implements Budget {
  readonly #parts: Parts;
  #reservedMicroUsd = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async reserve(account: Account, maxCostUsd: string | undefined, amountMicroUsd: number): Promise<Held> {
    const { ledger, journal, newId, missionMaxUsd, tenantMaxUsd } = this.#parts;
    const callId = newId();
    const reservation = ledger.reserve(callId, payersOf(account, { mission: maxCostUsd ?? missionMaxUsd, tenant: tenantMaxUsd }), amountMicroUsd);
    if (reservation.kind === 'refused') {
      const { account: { level }, limitMicroUsd, leftMicroUsd } = reservation;
      return { kind: 'refused', message: `the call may cost ${formatMicroUsd(amountMicroUsd)} USD, but the ${level} has ${formatMicroUsd(leftMicroUsd)} USD left of ${formatMicroUsd(limitMicroUsd)}; ask with fewer tokens, or raise the budget` };
    }
    this.#reservedMicroUsd += amountMicroUsd;
    const hold = this.#holdOf(callId, amountMicroUsd);
    try {
      await journal.append(reservation.event);
    } catch (error) {
      hold.release();
      throw error;
    }
    return { kind: 'held', hold };
  }

  usageOf(missionUid: string): Usage {
    return this.#parts.ledger.usageOf({ level: 'mission', id: missionUid });
  }

  saved({ missionUid }: Account, savedMicroUsd: number): void {
    this.#write(this.#parts.ledger.save({ level: 'mission', id: missionUid }, savedMicroUsd));
  }

  reservedMicroUsd(): number {
    return this.#reservedMicroUsd;
  }

  fault(): string | undefined {
    return this.#parts.journal.fault();
  }

  close(): Promise<void> {
    return this.#parts.journal.close();
  }

  #holdOf(callId: string, amountMicroUsd: number): Hold {
    const { ledger } = this.#parts;
    return { amountMicroUsd, settle: (usage) => this.#finish(ledger.settle(callId, usage), amountMicroUsd), release: () => this.#finish(ledger.release(callId), amountMicroUsd) };
  }

  #finish(event: LedgerEvent | undefined, amountMicroUsd: number): void {
    if (event === undefined) return;
    this.#reservedMicroUsd -= amountMicroUsd;
    this.#write(event);
  }

  /** Nobody waits for it: lost with the process, a call counts at its reservation, and a saving not at all. The journal itself tells of failures. */
  #write(event: LedgerEvent): void {
    this.#parts.journal.append(event).catch(() => {});
  }
}

function payersOf({ namespaceUid, pool, missionUid, taskUid }: Account, limits: { readonly mission: string; readonly tenant: string | undefined }): Payer[] {
  const payers: Payer[] = [{ level: 'tenant', id: namespaceUid, ...(limits.tenant === undefined ? {} : { limitMicroUsd: microUsdOf(limits.tenant) }) }];
  if (pool !== undefined) payers.push({ level: 'pool', id: `${namespaceUid}/${pool}` });
  payers.push({ level: 'mission', id: missionUid, limitMicroUsd: microUsdOf(limits.mission) });
  if (taskUid !== undefined) payers.push({ level: 'task', id: taskUid });
  return payers;
}
