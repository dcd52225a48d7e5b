// A gateway that tells by script, and missions in the states that the book tells apart.
import type { Usage } from '#api/llm.ts';
import type { Mission, MissionStatus, MissionUsage } from '#api/v1alpha1/mission.ts';
import type { UsageAnswer } from '#platform/anthropic/usage.ts';
import { aMission, type MissionBuilder } from '#testing/builders/mission.ts';
import type { UsageSource } from './book.ts';

/** What the gateway says to one question. */
export type Line = UsageAnswer | Error | ((signal: AbortSignal) => Promise<UsageAnswer>);

/** Says its lines in order, the last one again and again. */
export class ScriptedGateway implements UsageSource {
  readonly asked: string[] = [];
  readonly #lines: Line[];
  inFlight = 0;

  constructor(...lines: readonly Line[]) {
    this.#lines = [...lines];
  }

  async ask(missionUid: string, signal: AbortSignal): Promise<UsageAnswer> {
    this.asked.push(missionUid);
    this.inFlight += 1;
    try {
      const line = (this.#lines.length > 1 ? this.#lines.shift() : this.#lines[0]) ?? new Error('the gateway has no script');
      if (line instanceof Error) throw line;
      return typeof line === 'function' ? await line(signal) : line;
    } finally {
      this.inFlight -= 1;
    }
  }
}

export const silent: UsageAnswer = { kind: 'silent', message: 'no answer' };

/** A usage of this cost, with this much in flight, both in micro-USD. */
export function used(costMicroUsd: number, reservedMicroUsd = 0): Usage {
  return { settled: { inputTokens: 10, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, costMicroUsd }, reservedMicroUsd, calls: costMicroUsd === 0 ? 0 : 1 };
}

/** A usage as the status of a mission tells it once its run has ended and nothing is in flight. */
export const settledUsage: MissionUsage = { inputTokens: 10, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, calls: 1, costUsd: '0.000007', reservedUsd: '0.00', settledTime: '2026-01-01T00:59:01Z' };

/** The answer with that usage. */
export function tells(costMicroUsd: number, reservedMicroUsd = 0): UsageAnswer {
  return { kind: 'told', usage: used(costMicroUsd, reservedMicroUsd) };
}

const lastTransitionTime = '2026-01-01T00:00:00Z';

/** The mission with this reason of its Succeeded condition. */
export function inState(builder: MissionBuilder, reason: string, more: MissionStatus = {}): Mission {
  return builder.status({ conditions: [{ type: 'Succeeded', status: 'Unknown', reason, message: '', lastTransitionTime }], ...more }).build();
}

/** A mission with a task that calls models. */
export function aCodingMission(name = 'm'): MissionBuilder {
  return aMission(name).withTask('write', { type: 'Coder', intent: { action: 'WriteCode', params: { instructions: 'write it' } } });
}
