// What a mission has cost, in a line.
import type { Mission, MissionUsage } from '#api/v1alpha1/mission.ts';

/** The line about a mission; undefined while no language model was called for it. */
export function costLine({ spec, status }: Pick<Mission, 'spec' | 'status'>): string | undefined {
  return status?.usage === undefined ? undefined : costText(status.usage, spec.budget?.maxCostUsd);
}

/** `Cost 0.0123 USD of 2.00, 3 calls, 12,345 tokens (345 cached), 1 call saved 0.0041 USD`; until it is settled, `Cost so far 0.0123 USD`. */
export function costText({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, calls, costUsd, cachedCalls = 0, downgradedCalls = 0, batchedCalls = 0, savedUsd = '0.00', settledTime }: MissionUsage, maxCostUsd: string | undefined): string {
  const soFar = settledTime === undefined ? ' so far' : '';
  const limit = maxCostUsd === undefined ? '' : ` of ${maxCostUsd}`;
  const cached = cacheReadTokens === 0 ? '' : ` (${counted(cacheReadTokens)} cached)`;
  const tokens = inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
  const spared = cachedCalls + downgradedCalls + batchedCalls;
  const saved = spared === 0 ? '' : `, ${callsText(spared)} saved ${savedUsd} USD`;
  return `Cost${soFar} ${costUsd} USD${limit}, ${callsText(calls)}, ${counted(tokens)} tokens${cached}${saved}`;
}

function callsText(calls: number): string {
  return `${counted(calls)} ${calls === 1 ? 'call' : 'calls'}`;
}

function counted(number: number): string {
  return number.toLocaleString('en-US');
}
