// What a mission has used, as the gateway tells the operator.
import type Anthropic from '@anthropic-ai/sdk';
import { Usage, usagePath } from '#api/llm.ts';
import { failureOf } from './failure.ts';

/** `silent`: the gateway could not be asked, or told something else. */
export type UsageAnswer = { readonly kind: 'told'; readonly usage: Usage } | { readonly kind: 'silent'; readonly message: string };

// The gateway reads it from memory: who waits longer than this asks again later.
const timeout = 5000;

/** Asks once what a mission has used in all of its runs. */
export async function askUsage(anthropic: Anthropic, missionUid: string, signal?: AbortSignal): Promise<UsageAnswer> {
  try {
    const { data } = Usage.safeParse(await anthropic.get<unknown>(usagePath(missionUid), { timeout, ...(signal === undefined ? {} : { signal }) }));
    return data === undefined ? { kind: 'silent', message: 'the gateway told something else than a usage' } : { kind: 'told', usage: data };
  } catch (error) {
    return { kind: 'silent', message: failureOf(error).message };
  }
}
