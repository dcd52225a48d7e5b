// Which calls may have the answer of another one, and when two of them ask the same.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { llmHeaders } from '#api/llm.ts';
import type { ModelPolicy } from '#api/v1alpha1/task.ts';
import { canonicalJson } from '#domain/digest.ts';
import type { Charge } from './access.ts';
import type { Exchange } from './exchange.ts';
import type { ParsedRequest } from './request.ts';

/** A call by what it asks: equal keys may have equal answers. */
export interface Question {
  /** SHA-256 in hex. */
  readonly key: string;
  /** The mission, when it may not have the same answer twice. */
  readonly asker: string | undefined;
  /** No answer from before will do; the new one may be kept. */
  readonly isAnew: boolean;
}

/** What a call asks, and on whose behalf. */
export interface Asking {
  readonly charge: Charge;
  readonly request: ParsedRequest;
  readonly headers: Readonly<Record<string, string>>;
  readonly reuse: ModelPolicy['reuse'];
}

/** What a call that does not stream asks; undefined when it wants an answer of its own. */
export function questionOf({ request }: Pick<Exchange, 'request'>, asking: Asking): Question | undefined {
  const { charge: { account, attempt }, request: { fields }, headers } = asking;
  if (request.headers[llmHeaders.cache] === 'no-store' || !mayShare(asking)) return undefined;
  const key = createHash('sha256').update(canonicalJson([account.namespaceUid, isPlanning(asking) ? 'planning' : account.purpose, headers, fields])).digest('hex');
  // A mission that asks the same again has thrown its plan away.
  const asker = isPlanning(asking) && isLeftToChance(asking) ? account.missionUid : undefined;
  // What the attempt before was answered may be what it failed by.
  return { key, asker, isAnew: attempt !== undefined && attempt.attempt > 1 };
}

// Without a temperature the provider draws lots, and whoever works or judges asks again to draw another one. One good plan is as good as
// another, and for work the mission may say that it is so. It is said, not sent: most models refuse a temperature today.
function mayShare(asking: Asking): boolean {
  if (asking.request.fields['temperature'] === 0) return true;
  return isLeftToChance(asking) && (isPlanning(asking) || (asking.charge.account.purpose === 'work' && asking.reuse === 'Exact'));
}

function isLeftToChance({ request: { fields } }: Asking): boolean {
  return (fields['temperature'] ?? undefined) === undefined;
}

function isPlanning({ charge: { account: { purpose } } }: Asking): boolean {
  return purpose === 'plan' || purpose === 'preview';
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
