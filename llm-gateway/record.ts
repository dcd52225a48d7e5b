// What the log has of a settled call: names and numbers in the words of OpenTelemetry for generative AI, never what was asked or answered.
import type { Account, CallUsage } from '#api/llm.ts';
import { familyOf } from '#domain/cost/prices.ts';
import type { LogFields } from '#platform/telemetry/log.ts';
import type { ParsedRequest } from './request.ts';

/** The fields of one record. Where the conventions have no name, the key is ours and has no prefix. */
export function recordOf({ namespace, mission, missionUid, taskUid, purpose }: Account, { model, askedModel, maxTokens, rate }: ParsedRequest, usage: CallUsage): LogFields {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'anthropic',
    // A name that a caller invents could say anything.
    'gen_ai.request.model': familyOf(model),
    'gen_ai.request.max_tokens': maxTokens,
    // By the conventions the input has what came from the cache, and what went into it.
    'gen_ai.usage.input_tokens': usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
    'gen_ai.usage.cache_read.input_tokens': usage.cacheReadTokens,
    'gen_ai.usage.cache_creation.input_tokens': usage.cacheWriteTokens,
    ...(model === askedModel ? {} : { askedModel: familyOf(askedModel) }),
    rate,
    costMicroUsd: usage.costMicroUsd,
    namespace, mission, missionUid, taskUid, purpose,
  };
}
