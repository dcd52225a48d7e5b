// US dollars as whole micro-dollars: decimal text in and out, never a float.

/** Micro-USD of a decimal such as `2.50`. Throws for text that the schemas do not let in. */
export function microUsdOf(usd: string): number {
  const [, whole, fraction] = /^([0-9]{1,9})\.([0-9]{2,6})$/.exec(usd) ?? [];
  if (whole === undefined || fraction === undefined) throw new Error(`read the amount "${usd}": it is no decimal such as 2.50; correct it where it is set`);
  return Number(whole) * 1_000_000 + Number(fraction.padEnd(6, '0'));
}

/** Decimal text of an amount in micro-USD, with at least two digits of cents. */
export function formatMicroUsd(microUsd: number): string {
  const whole = Math.floor(microUsd / 1_000_000);
  const fraction = String(microUsd % 1_000_000).padStart(6, '0');
  return `${whole}.${fraction.replace(/0{1,4}$/, '')}`;
}

// As much as a budget can be.
const mostMicroUsd = 999_999_999_999_999;

/** The same for an amount of any size: the most that an amount of our kinds can say, where it is more. */
export function usdOf(microUsd: number): string {
  return formatMicroUsd(Math.min(microUsd, mostMicroUsd));
}
