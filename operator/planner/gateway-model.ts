// The model as the planner knows it: calls go through the LLM gateway, which holds the key and the budgets.
import { type Account, errorTypes, llmHeaders } from '#api/llm.ts';
import type { LlmAnswer, LlmClient, LlmRequest } from '#platform/anthropic/client.ts';
import type { Model, ModelAnswer, ModelRequest } from './planner.ts';

/** A way to the gateway, as it is now. */
type GatewayDoor = Pick<LlmClient, 'complete'>;

/** A model behind the gateway; `door` gives undefined while it is nowhere. */
export function createGatewayModel(door: () => Promise<GatewayDoor | undefined>, defaultModel: string): Model {
  return { complete: async (request, signal) => answerOf(await ask(await door(), { ...request, model: request.model ?? defaultModel }, signal)) };
}

const nowhere: LlmAnswer = { kind: 'later', retryAfterMs: 2000, message: 'the LLM gateway is not running yet' };

async function ask(door: GatewayDoor | undefined, { model, system, messages, maxTokens, account }: ModelRequest & { readonly model: string }, signal: AbortSignal): Promise<LlmAnswer> {
  // All missions share this part: the provider keeps it for the next one.
  const asked: LlmRequest = { model, max_tokens: maxTokens, system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }], messages };
  return door === undefined ? nowhere : door.complete(asked, { headers: { [llmHeaders.account]: accountText(account) }, signal });
}

function accountText(account: Account): string {
  return Buffer.from(JSON.stringify(account)).toString('base64url');
}

function answerOf(answer: LlmAnswer): ModelAnswer {
  // The gateway still sees the end of the run before: its watch may be behind ours. Who has really ended is not asked about.
  if (answer.kind === 'refused' && answer.type === errorTypes.fenced) return { kind: 'later', retryAfterMs: 1000, message: answer.message };
  return answer.kind === 'answered' ? { ...answer, stopReason: answer.stopReason ?? 'none' } : answer;
}
