// Money of the running process: the ledger, its journal, and the limits of each level.
import type { Account, CallUsage, Usage } from '#api/llm.ts';
import type { LedgerEvent } from '#api/llm-journal.ts';
import type { AgentPoolSpec } from '#api/v1alpha1/agentpool.ts';
import { Ledger, type Payer, type Reservation, type Saving } from '#domain/cost/ledger.ts';
import { formatMicroUsd, microUsdOf } from '#domain/cost/money.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/telemetry/log.ts';
import { createJournal, type Journal, readJournal } from './journal.ts';

/** What a call holds until its bill is known. The first of the two ends it, the other then does nothing. */
export interface Hold {
  readonly amountMicroUsd: number;
  settle(usage: CallUsage): void;
  /** Nothing was billed. */
  release(): void;
}

export type Held = { readonly kind: 'held'; readonly hold: Hold } | { readonly kind: 'refused'; readonly level: Payer['level']; readonly message: string };

/** What an account may spend by its own wishes, in US dollars. What is not set is what the installation allows. */
export interface Limits {
  readonly missionUsd: string | undefined;
  readonly taskUsd: string | undefined;
  readonly pool: AgentPoolSpec['budget'];
}

export interface Budget {
  /** Resolves when the reservation is on the disk. Rejects when it cannot be written. */
  reserve(account: Account, limits: Limits, amountMicroUsd: number): Promise<Held>;
  usageOf(missionUid: string): Usage;
  /** Counts a call that was cheaper than it was asked for. */
  saved(account: Account, saving: Saving): void;
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
  /** How long back the limit of tenants is for. Undefined: for ever. */
  readonly tenantPeriodSeconds: number | undefined;
  /** UIDs of missions and tasks that exist: the accounts of others are dropped. */
  readonly living: ReadonlySet<string>;
  readonly newId: () => string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** Reads what was spent; calls that were open when the last process ended count at the most they can have cost. */
export async function openBudget({ folder, living, log, ...options }: BudgetOptions): Promise<Budget> {
  const before = ledgerOf(await readJournal(folder));
  const abandoned = before.abandonOpen(options.clock.now());
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

  async reserve(account: Account, limits: Limits, amountMicroUsd: number): Promise<Held> {
    const { ledger, journal, newId, clock } = this.#parts;
    const callId = newId();
    const reservation = ledger.reserve(callId, payersOf(account, limits, this.#parts), amountMicroUsd, clock.now());
    if (reservation.kind === 'refused') return { kind: 'refused', level: reservation.account.level, message: messageOf(reservation, amountMicroUsd) };
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

  saved({ missionUid }: Account, saving: Saving): void {
    this.#write(this.#parts.ledger.save({ level: 'mission', id: missionUid }, saving));
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
    const { ledger, clock } = this.#parts;
    return { amountMicroUsd, settle: (usage) => this.#finish(ledger.settle(callId, usage, clock.now()), amountMicroUsd), release: () => this.#finish(ledger.release(callId), amountMicroUsd) };
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

type Installation = Pick<BudgetOptions, 'missionMaxUsd' | 'tenantMaxUsd' | 'tenantPeriodSeconds'>;

function payersOf({ namespace, namespaceUid, pool, poolNamespace = namespace, missionUid, taskUid }: Account, limits: Limits, { missionMaxUsd, tenantMaxUsd, tenantPeriodSeconds }: Installation): Payer[] {
  const payers: Payer[] = [{ level: 'tenant', id: namespaceUid, ...limitOf(tenantMaxUsd, tenantPeriodSeconds) }];
  // A pool may serve many namespaces: its limit is for all of them together.
  if (pool !== undefined) payers.push({ level: 'pool', id: `${poolNamespace}/${pool}`, ...limitOf(limits.pool?.maxCostUsd, limits.pool?.periodSeconds) });
  payers.push({ level: 'mission', id: missionUid, ...limitOf(limits.missionUsd ?? missionMaxUsd) });
  if (taskUid !== undefined) payers.push({ level: 'task', id: taskUid, ...limitOf(limits.taskUsd) });
  return payers;
}

function limitOf(usd: string | undefined, periodSeconds?: number): Pick<Payer, 'limitMicroUsd' | 'periodMs'> {
  if (usd === undefined) return {};
  return { limitMicroUsd: microUsdOf(usd), ...(periodSeconds === undefined ? {} : { periodMs: periodSeconds * 1000 }) };
}

/** What to do about a limit, by the level that has it. */
const ways: Readonly<Record<Payer['level'], string>> = {
  tenant: 'raise the limit that the installation sets for a namespace',
  pool: 'raise the budget of the AgentPool',
  mission: 'raise the budget',
  task: 'raise the budget of the task in the mission',
};

function messageOf({ account: { level, id }, limitMicroUsd, leftMicroUsd, periodMs }: Extract<Reservation, { kind: 'refused' }>, amountMicroUsd: number): string {
  const who = level === 'pool' ? `pool ${id}` : level;
  const period = periodMs === undefined ? '' : ` in ${periodMs / 1000} seconds`;
  return `the call may cost ${formatMicroUsd(amountMicroUsd)} USD, but the ${who} has ${formatMicroUsd(leftMicroUsd)} USD left of ${formatMicroUsd(limitMicroUsd)}${period}; ask with fewer tokens, or ${ways[level]}`;
}
