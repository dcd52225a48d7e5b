// The provider's batches: many questions in one request, answered within a day at half the price. What went wrong comes as values.
import type Anthropic from '@anthropic-ai/sdk';
import { type Failure, failureOf } from './failure.ts';

/** A question with the id that its answer will have. */
export interface BatchQuestion {
  /** 1 to 64 letters, digits, `_` or `-`. */
  readonly id: string;
  /** The fields of a request to the Messages API, without a stream. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export type BatchAnswer =
  /** `text` is the message as JSON. */
  | { readonly id: string; readonly kind: 'succeeded'; readonly text: string }
  /** Nothing was billed. */
  | { readonly id: string; readonly kind: 'failed'; readonly reason: string };

export interface Batches {
  create(questions: readonly BatchQuestion[], headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<{ readonly kind: 'created'; readonly batchId: string } | Failure>;
  hasEnded(batchId: string, signal: AbortSignal): Promise<{ readonly kind: 'known'; readonly hasEnded: boolean } | Failure>;
  /** Answers of a batch that has ended, in any order. */
  answers(batchId: string, signal: AbortSignal): Promise<{ readonly kind: 'read'; readonly answers: readonly BatchAnswer[] } | Failure>;
}

/** Headers with the key, made for each request. */
export type Keyed = (headers: Readonly<Record<string, string>>) => Promise<Record<string, string | null>>;

/** The batches behind this SDK. */
export function createBatches(anthropic: Anthropic, keyed: Keyed): Batches {
  const { batches } = anthropic.messages;
  return {
    create: (questions, headers, signal) => valueOf(async () => {
      const requests = questions.map(({ id, fields }) => ({ custom_id: id, params: fields as unknown as Anthropic.MessageCreateParamsNonStreaming }));
      return { kind: 'created', batchId: (await batches.create({ requests }, { headers: await keyed(headers), signal })).id };
    }),
    hasEnded: (batchId, signal) => valueOf(async () => ({ kind: 'known', hasEnded: (await batches.retrieve(batchId, {}, { headers: await keyed({}), signal })).processing_status === 'ended' })),
    answers: (batchId, signal) => valueOf(async () => {
      // Not from the URL that an answer names: the key goes where it was set up to go, and nowhere else.
      const response = await anthropic.get(`/v1/messages/batches/${encodeURIComponent(batchId)}/results`, { headers: await keyed({}), signal }).asResponse();
      return { kind: 'read', answers: answersOf(await response.text()) };
    }),
  };
}

async function valueOf<T>(ask: () => Promise<T>): Promise<T | Failure> {
  try {
    return await ask();
  } catch (error) {
    return failureOf(error);
  }
}

/** One JSON object a line. */
function answersOf(text: string): BatchAnswer[] {
  return text.split('\n').filter((line) => line.trim() !== '').map((line) => answerOf(JSON.parse(line) as Anthropic.Messages.Batches.MessageBatchIndividualResponse));
}

function answerOf({ custom_id: id, result }: Anthropic.Messages.Batches.MessageBatchIndividualResponse): BatchAnswer {
  if (result.type === 'succeeded') return { id, kind: 'succeeded', text: JSON.stringify(result.message) };
  return { id, kind: 'failed', reason: result.type === 'errored' ? `${result.error.error.type}: ${result.error.error.message}` : result.type };
}
