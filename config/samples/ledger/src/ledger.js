// A ledger of entries in the order in which they were made.
import { formatAmount, parseAmount } from './money.js';

/** Reads lines of `day;account;amount`; blank lines are skipped. */
export function readLedger(text) {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => readEntry(line, index + 1));
}

function readEntry(line, number) {
  const [day, account, amount] = line.split(';');
  if (amount === undefined) throw new RangeError(`line ${number}: expected day;account;amount`);
  return { day: parseInt(day), account: account.trim(), cents: parseAmount(amount) };
}

/** Cents by account, accounts in order of their names. */
export function balances(entries) {
  const sums = new Map();
  for (const { account, cents } of entries) sums.set(account, (sums.get(account) ?? 0) + cents);
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One line an account. */
export function report(entries) {
  return [...balances(entries)].map(([account, cents]) => `${account}: ${formatAmount(cents)}`).join('\n');
}
