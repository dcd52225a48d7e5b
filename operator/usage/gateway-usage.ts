// The LLM gateway as the book of usage knows it.
import type { LlmClient } from '#platform/anthropic/client.ts';
import type { UsageAnswer } from '#platform/anthropic/usage.ts';
import type { UsageSource } from './book.ts';

const nowhere: UsageAnswer = { kind: 'silent', message: 'the LLM gateway is not running yet' };

/** What the gateway tells; `door` is the way to it as it is now, and gives undefined while it is nowhere. */
export function createGatewayUsage(door: () => Promise<Pick<LlmClient, 'usage'> | undefined>): UsageSource {
  return { ask: async (missionUid, signal) => (await door())?.usage(missionUid, signal) ?? nowhere };
}
