// Amounts are whole cents: sums of cents are exact.

/** Cents of `12`, `12.5` or `-12.50`; throws for anything else. */
export function parseAmount(text) {
  const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (match === null) throw new RangeError(`not an amount: ${text}`);
  const [, sign, whole, fraction = ''] = match;
  const cents = parseInt(whole) * 100 + parseInt(fraction.padEnd(2, '0'));
  return sign === '-' ? -cents : cents;
}

/** `-12.50` for -1250 cents. */
export function formatAmount(cents) {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
