// Which calls may have the answer of another one, and when two of them ask the same.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Account, llmHeaders } from '#api/llm.ts';
import { canonicalJson } from '#domain/digest.ts';
import type { Exchange } from './exchange.ts';
import type { ParsedRequest } from './request.ts';

/** A call by what it asks: equal keys may have equal answers. */
export interface Question {
  /** SHA-256 in hex. */
  readonly key: string;
  /** The mission, when it may not have the same answer twice. */
  readonly asker: string | undefined;
}

/** What a call that does not stream asks; undefined when it wants an answer of its own. */
export function questionOf({ request }: Pick<Exchange, 'request'>, account: Account, { fields }: ParsedRequest, headers: Readonly<Record<string, string>>): Question | undefined {
  if (request.headers[llmHeaders.cache] === 'no-store') return undefined;
  const temperature = fields['temperature'] ?? undefined;
  const isPlanning = account.purpose === 'plan' || account.purpose === 'preview';
  // Without a temperature the provider draws lots, and whoever works asks again to draw another one. One good plan is as good as another.
  const mayShare = temperature === 0 || (isPlanning && temperature === undefined);
  if (!mayShare) return undefined;
  const key = createHash('sha256').update(canonicalJson([account.namespaceUid, isPlanning ? 'planning' : account.purpose, headers, fields])).digest('hex');
  // A mission that asks the same again has thrown its plan away.
  return { key, asker: temperature === 0 ? undefined : account.missionUid };
}

const Ended = z.object({ stop_reason: z.enum(['end_turn', 'tool_use']) });

/** Whether an answer is what the model wanted to say, all of it. */
export function isWhole(text: string): boolean {
  try {
    return Ended.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
