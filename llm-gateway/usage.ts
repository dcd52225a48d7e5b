// Counts tokens in answers as they pass, without changing a byte. Content is looked through and forgotten.
import { z } from 'zod';
import type { CallUsage } from '#api/llm.ts';
import { costOf, type Rate, type Tokens } from '#domain/cost/prices.ts';
import { worstCaseOfOutput } from '#domain/cost/worst-case.ts';

const Count = z.int().min(0).max(9_007_199_254).nullish();
const UsageBlock = z.object({
  input_tokens: Count,
  output_tokens: Count,
  cache_read_input_tokens: Count,
  cache_creation_input_tokens: Count,
  cache_creation: z.object({ ephemeral_1h_input_tokens: Count }).nullish(),
});
const StreamEvent = z.object({ type: z.string(), message: z.object({ usage: UsageBlock }).optional(), usage: UsageBlock.optional() });

export type Seen =
  | { readonly kind: 'nothing' }
  /** The input is known, the output only begun. */
  | { readonly kind: 'begun'; readonly tokens: Tokens }
  | { readonly kind: 'complete'; readonly tokens: Tokens };

const nothing: Seen = { kind: 'nothing' };
const noTokens: Tokens = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, cacheWriteHourTokens: 0 };

/** Longest line of a stream that is looked at, in characters. Those with usage are short. */
const maxLine = 65_536;

export interface UsageMeter {
  push(chunk: Uint8Array): void;
  seen(): Seen;
}

/** A meter for a stream of server-sent events. */
export function createStreamMeter(): UsageMeter {
  const decoder = new TextDecoder();
  let rest = '';
  let seen: Seen = nothing;
  return {
    push: (chunk) => {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
      rest = lines.pop() ?? '';
      for (const line of lines) seen = afterLine(seen, line);
      // Too long to tell usage: the end of the line is waited for, its beginning is not kept.
      if (rest.length > maxLine) rest = ' ';
    },
    seen: () => seen,
  };
}

function afterLine(seen: Seen, line: string): Seen {
  if (!line.startsWith('data:') || !/"message_(start|delta)"/.test(line)) return seen;
  const event = parse(line.slice('data:'.length), StreamEvent);
  const before = seen.kind === 'nothing' ? noTokens : seen.tokens;
  if (event?.type === 'message_start' && event.message !== undefined) return { kind: 'begun', tokens: tokensOf(event.message.usage, before) };
  if (event?.type === 'message_delta' && event.usage !== undefined) return { kind: 'complete', tokens: tokensOf(event.usage, before) };
  return seen;
}

/** What a whole answer says it used. */
export function usageOfAnswer(body: string): Seen {
  const usage = parse(body, z.object({ usage: UsageBlock }))?.usage;
  return usage === undefined ? nothing : { kind: 'complete', tokens: tokensOf(usage, noTokens) };
}

function parse<T>(text: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

// Counts of a later event are of the whole answer, and replace those before.
function tokensOf(usage: z.infer<typeof UsageBlock>, before: Tokens): Tokens {
  const written = usage.cache_creation_input_tokens ?? before.cacheWriteTokens + before.cacheWriteHourTokens;
  const cacheWriteHourTokens = Math.min(written, usage.cache_creation?.ephemeral_1h_input_tokens ?? before.cacheWriteHourTokens);
  return {
    inputTokens: usage.input_tokens ?? before.inputTokens,
    outputTokens: usage.output_tokens ?? before.outputTokens,
    cacheReadTokens: usage.cache_read_input_tokens ?? before.cacheReadTokens,
    cacheWriteTokens: written - cacheWriteHourTokens,
    cacheWriteHourTokens,
  };
}

/** What is known of a call when its answer ends, well or not. */
export interface Ending {
  readonly model: string;
  readonly maxTokens: number;
  readonly rate: Rate;
  /** What was reserved, in micro-USD: the bill when nothing was seen. */
  readonly reservedMicroUsd: number;
}

/** The bill of a call: by its usage, and at the most it can have cost where that was not seen. */
export function billOf(seen: Seen, { model, maxTokens, rate, reservedMicroUsd }: Ending): CallUsage {
  if (seen.kind === 'nothing') return usageFrom(noTokens, reservedMicroUsd);
  if (seen.kind === 'complete') return usageFrom(seen.tokens, costOf(model, seen.tokens, rate));
  return usageFrom(seen.tokens, Math.min(reservedMicroUsd, worstCaseOfOutput(model, seen.tokens, maxTokens)));
}

function usageFrom({ cacheWriteTokens, cacheWriteHourTokens, inputTokens, outputTokens, cacheReadTokens }: Tokens, costMicroUsd: number): CallUsage {
  return { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens: cacheWriteTokens + cacheWriteHourTokens, costMicroUsd };
}
