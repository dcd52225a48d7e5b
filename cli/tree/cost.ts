// What a mission has cost, in a line.
import type { Mission, MissionUsage } from '#api/v1alpha1/mission.ts';

/** The line about a mission; undefined while no language model was called for it. */
export function costLine({ spec, status }: Pick<Mission, 'spec' | 'status'>): string | undefined {
  return status?.usage === undefined ? undefined : costText(status.usage, spec.budget?.maxCostUsd);
}

/** `Cost 0.0123 USD of 2.00, 3 calls, 12,345 tokens (345 cached)`. */
export function costText({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, calls, costUsd }: MissionUsage, maxCostUsd: string | undefined): string {
  const limit = maxCostUsd === undefined ? '' : ` of ${maxCostUsd}`;
  const cached = cacheReadTokens === 0 ? '' : ` (${counted(cacheReadTokens)} cached)`;
  const tokens = inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
  return `Cost ${costUsd} USD${limit}, ${counted(calls)} ${calls === 1 ? 'call' : 'calls'}, ${counted(tokens)} tokens${cached}`;
}

function counted(number: number): string {
  return number.toLocaleString('en-US');
}
