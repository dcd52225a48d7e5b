// Batches of the simulation: every question is answered when the batch comes, and told when its time is over.
import { z } from 'zod';
import type { Clock } from '#platform/clock.ts';
import { type Answer, toMessage } from './message.ts';
import { Refusal } from './refusal.ts';
import { type ParsedRequest, parseMessages } from './request.ts';

const CreateBatch = z.object({ requests: z.array(z.object({ custom_id: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/), params: z.unknown() })).min(1).max(100_000) });

interface Batch {
  readonly id: string;
  /** On the clock that only grows. */
  readonly endsAt: number;
  readonly createdAt: number;
  /** One JSON object a line. */
  readonly results: readonly string[];
}

/** Answers one question of a batch; throws a Refusal for one that gets an error. */
export type AnswerOne = (request: ParsedRequest) => Answer;

/** All batches of a server. */
export class SimulatedBatches {
  readonly #clock: Clock;
  readonly #batchMs: number;
  readonly #batches = new Map<string, Batch>();

  constructor(clock: Clock, batchMs: number) {
    this.#clock = clock;
    this.#batchMs = batchMs;
  }

  /** POST /v1/messages/batches. */
  create(body: unknown, answerOne: AnswerOne): object {
    const { data, error } = CreateBatch.safeParse(body);
    if (data === undefined) throw new Refusal(400, error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') ?? 'no batch');
    const ids = data.requests.map(({ custom_id: id }) => id);
    if (new Set(ids).size < ids.length) throw new Refusal(400, 'requests: custom_id must be unique within the batch');
    const results = data.requests.map(({ custom_id, params }) => JSON.stringify({ custom_id, result: resultOf(params, answerOne) }));
    const batch: Batch = { id: `msgbatch_sim${this.#batches.size + 1}`, endsAt: this.#clock.monotonic() + this.#batchMs, createdAt: this.#clock.now(), results };
    this.#batches.set(batch.id, batch);
    return this.#told(batch);
  }

  /** GET /v1/messages/batches/<id>. */
  retrieve(id: string): object {
    return this.#told(this.#known(id));
  }

  /** GET /v1/messages/batches/<id>/results. The order is not that of the questions, as the API documents. */
  results(id: string): string {
    const batch = this.#known(id);
    if (!this.#hasEnded(batch)) throw new Refusal(404, `${id} has no results yet`);
    return batch.results.toReversed().map((line) => `${line}\n`).join('');
  }

  #known(id: string): Batch {
    const batch = this.#batches.get(id);
    if (batch === undefined) throw new Refusal(404, `batch ${id} is not known here`);
    return batch;
  }

  #hasEnded({ endsAt }: Batch): boolean {
    return this.#clock.monotonic() >= endsAt;
  }

  #told(batch: Batch): object {
    const isOver = this.#hasEnded(batch);
    const failed = batch.results.filter((line) => line.includes('"type":"errored"')).length;
    const { length: all } = batch.results;
    const counts = isOver ? { processing: 0, succeeded: all - failed, errored: failed } : { processing: all, succeeded: 0, errored: 0 };
    return {
      id: batch.id, type: 'message_batch', processing_status: isOver ? 'ended' : 'in_progress', request_counts: { ...counts, canceled: 0, expired: 0 },
      created_at: new Date(batch.createdAt).toISOString(), expires_at: new Date(batch.createdAt + 86_400_000).toISOString(), ended_at: isOver ? new Date(this.#clock.now()).toISOString() : null,
      archived_at: null, cancel_initiated_at: null, results_url: null,
    };
  }
}

function resultOf(params: unknown, answerOne: AnswerOne): object {
  try {
    const request = parseMessages(params);
    if (request.isStream) throw new Refusal(400, 'stream: a batch has no streams');
    const answer = answerOne(request);
    return { type: 'succeeded', message: toMessage({ ...answer, usage: { ...answer.usage, service_tier: 'batch' } }) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { type: 'errored', error: { type: 'error', error: { type: error.status === 400 ? 'invalid_request_error' : 'api_error', message: error.message }, request_id: null } };
  }
}
