// Asks again when nobody could answer, with full jitter and as long as the attempt may run. A refusal is an answer.
import { type Clock, delay } from '#platform/clock.ts';
import type { Random } from '#platform/ids.ts';
import type { AskGateway } from './gateway.ts';
import type { LanguageModels, ModelAnswer, ModelRequest } from './model.ts';

const backoffMs = { first: 500, longest: 30_000 } as const;

export interface PatienceOptions {
  readonly ask: AskGateway;
  /** Model of requests that name none. */
  readonly defaultModel: string;
  readonly clock: Clock;
  readonly random: Random;
}

/** Models behind a gateway that is asked until it answers. */
export function createModels(options: PatienceOptions): LanguageModels {
  return { under: (grant, signal) => ({ ask: (request) => askUntilAnswered(options, request, grant, signal) }) };
}

async function askUntilAnswered({ ask, defaultModel, clock, random }: PatienceOptions, { model = defaultModel, ...request }: ModelRequest, grant: () => string, signal: AbortSignal): Promise<ModelAnswer> {
  for (let tries = 0; ; tries += 1) {
    const used = grant();
    const answer = await ask({ model, ...request }, used, signal);
    if (answer.kind === 'answered') return answer;
    if (answer.kind === 'later') await delay(clock, answer.retryAfterMs + random.next() * Math.min(backoffMs.longest, backoffMs.first * 2 ** tries), signal);
    // A grant of a leader that is gone is refused, and another one may have come meanwhile.
    else if (grant() === used) return answer;
    if (signal.aborted) return answer;
  }
}
