// What tokens cost: Anthropic's public price list as of 2026-10-24 (platform.claude.com/docs/en/about-claude/pricing), standard speed,
// global routing. A model that is not listed costs what the dearest costs, so that a new name never spends more than was reserved.

/** Tokens of a call by class, as the answer's usage tells them. */
export interface Tokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  /** Written to the cache for five minutes. */
  readonly cacheWriteTokens: number;
  /** Written to the cache for an hour. */
  readonly cacheWriteHourTokens: number;
}

/** Micro-USD per million tokens of each class. */
export type Price = Readonly<Record<keyof Tokens, number>>;

interface Row {
  readonly families: readonly string[];
  readonly price: Price;
  /** What every token of a call costs whose prompt has more than `aboveTokens`, cache included. */
  readonly long?: { readonly aboveTokens: number; readonly price: Price };
}

// Writes cost 1.25 and 2 times the input.
function dollars(input: number, output: number, cacheRead: number): Price {
  const micro = (usd: number) => Math.round(usd * 1_000_000);
  return { inputTokens: micro(input), outputTokens: micro(output), cacheReadTokens: micro(cacheRead), cacheWriteTokens: micro(input * 1.25), cacheWriteHourTokens: micro(input * 2) };
}

const rows: readonly Row[] = [
  { families: ['claude-fable-5-1', 'claude-mythos-5-1'], price: dollars(10, 50, 0.25) },
  { families: ['claude-fable-5', 'claude-mythos-5'], price: dollars(10, 50, 1) },
  { families: ['claude-opus-5-5'], price: dollars(4, 20, 0.2) },
  { families: ['claude-opus-5', 'claude-opus-4-8', 'claude-opus-4-7', 'claude-opus-4-6', 'claude-opus-4-5'], price: dollars(5, 25, 0.5) },
  { families: ['claude-opus-4-1', 'claude-opus-4-0', 'claude-opus-4'], price: dollars(15, 75, 1.5) },
  { families: ['claude-sonnet-5-5'], price: dollars(2, 10, 0.1) },
  { families: ['claude-sonnet-5'], price: dollars(2, 10, 0.2) },
  { families: ['claude-sonnet-4-6', 'claude-sonnet-4-5'], price: dollars(3, 15, 0.3) },
  { families: ['claude-haiku-5-5'], price: dollars(0.1, 0.5, 0.01), long: { aboveTokens: 100_000, price: dollars(0.5, 2.5, 0.05) } },
  { families: ['claude-haiku-4-5'], price: dollars(1, 5, 0.1) },
];

const byFamily: ReadonlyMap<string, Row> = new Map(rows.flatMap((row) => row.families.map((family) => [family, row] as const)));

const dearest: Row = {
  families: [],
  price: rows.map(({ price }) => price).reduce((a, b) => ({
    inputTokens: Math.max(a.inputTokens, b.inputTokens),
    outputTokens: Math.max(a.outputTokens, b.outputTokens),
    cacheReadTokens: Math.max(a.cacheReadTokens, b.cacheReadTokens),
    cacheWriteTokens: Math.max(a.cacheWriteTokens, b.cacheWriteTokens),
    cacheWriteHourTokens: Math.max(a.cacheWriteHourTokens, b.cacheWriteHourTokens),
  })),
};

/** Family of a model by the table, such as `claude-haiku-4-5` for one of its dated releases; `other` when it is not listed. */
export function familyOf(model: string): string {
  const family = model.replace(/(?:[-@][0-9]{8}|-latest)$/, '');
  return byFamily.has(family) ? family : 'other';
}

/** Price of a call to this model with this many tokens of prompt, cache included. */
export function priceOf(model: string, promptTokens: number): Price {
  const { price, long } = byFamily.get(familyOf(model)) ?? dearest;
  return long !== undefined && promptTokens > long.aboveTokens ? long.price : price;
}

/** How a call is made: at once, or in a batch that may take a day, at half the price. */
export type Rate = 'standard' | 'batch';

/** Cost of a call in micro-USD, rounded up. */
export function costOf(model: string, tokens: Tokens, rate: Rate = 'standard'): number {
  const price = priceOf(model, tokens.inputTokens + tokens.cacheReadTokens + tokens.cacheWriteTokens + tokens.cacheWriteHourTokens);
  let picoUsd = 0n;
  for (const kind of tokenKinds) picoUsd += BigInt(tokens[kind]) * BigInt(price[kind]);
  const perMicroUsd = rate === 'batch' ? 2_000_000n : 1_000_000n;
  return Number((picoUsd + perMicroUsd - 1n) / perMicroUsd);
}

const tokenKinds = ['inputTokens', 'outputTokens', 'cacheReadTokens', 'cacheWriteTokens', 'cacheWriteHourTokens'] as const satisfies readonly (keyof Tokens)[];
