// One arm over the whole corpus: an office and a provider of its own, so that no arm finds what another one has left in a cache.
import type { Usage as WireUsage } from '@anthropic-ai/sdk/resources/messages';
import { costOf } from '#domain/cost/prices.ts';
import { bySkill, type Skill } from '#testing/llm/policies/skill.ts';
import { type ModelServer, startModelServer } from '#testing/llm/server.ts';
import { type Arm, smallModel } from './arms.ts';
import type { Certificates } from './certificates.ts';
import type { CorpusMission } from './corpus/missions.ts';
import { carryOut, type Ended, spentOn } from './mission.ts';
import { type Office, openOffice } from './office.ts';
import type { TestRuns } from './test-runs.ts';

/** An arm and all that it is measured with. */
export interface Measurement {
  readonly arm: Arm;
  /** How well the small model does. */
  readonly skill: Skill;
  /** Runs of tests by round: one or two rounds of the same corpus. */
  readonly rounds: readonly TestRuns[];
}

/** What came of it, round by round. */
export interface Measured {
  readonly measurement: Measurement;
  readonly rounds: readonly (readonly Ended[])[];
}

const maxUsd = '1000.00';

/** Measures an arm. Throws when the books of the gateway and the bill of the provider differ. */
export async function measureArm(measurement: Measurement, missions: readonly CorpusMission[], people: Certificates): Promise<Measured> {
  const { arm, skill } = measurement;
  const server = await startModelServer({ policy: bySkill({ [smallModel]: skill }) });
  const office = await openOffice({ people, provider: { url: server.url, key: 'simulated' }, reuse: arm.levers.reuse, maxUsd });
  try {
    const rounds: Ended[][] = [];
    for (const [index, testRuns] of measurement.rounds.entries()) rounds.push(await oneRound(missions, { office, arm, testRuns, round: index + 1 }));
    checkBill(arm.name, spentOn(rounds.flat()).costMicroUsd, server);
    return { measurement, rounds };
  } finally {
    await office.close();
    await server.close();
  }
}

/** All missions one after the other: what a provider has in its cache depends on the order. */
export async function oneRound(missions: readonly CorpusMission[], { office, arm, testRuns, round }: { readonly office: Office; readonly arm: Arm; readonly testRuns: TestRuns; readonly round: number }): Promise<Ended[]> {
  const ended: Ended[] = [];
  for (const mission of missions) ended.push(await carryOut(mission, { office, levers: arm.levers, testRuns, round }));
  return ended;
}

function checkBill(name: string, bookedMicroUsd: number, server: ModelServer): void {
  const billed = server.requests().reduce((sum, { model, usage }) => sum + (model === undefined || usage === undefined ? 0 : costOfCall(model, usage)), 0);
  if (billed !== bookedMicroUsd) throw new Error(`compare the books of "${name}": the gateway has ${bookedMicroUsd} micro-USD, the provider bills ${billed}; look for a call that only one of them knows`);
}

function costOfCall(model: string, { input_tokens, output_tokens, cache_read_input_tokens, cache_creation }: WireUsage): number {
  return costOf(model, {
    inputTokens: input_tokens,
    outputTokens: output_tokens,
    cacheReadTokens: cache_read_input_tokens ?? 0,
    cacheWriteTokens: cache_creation?.ephemeral_5m_input_tokens ?? 0,
    cacheWriteHourTokens: cache_creation?.ephemeral_1h_input_tokens ?? 0,
  });
}

/** Carries out work on so many lanes; results are in the order of the work. */
export async function onLanes<T, R>(lanes: number, work: readonly T[], carry: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = [...work.entries()];
  const lane = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) results[next[0]] = await carry(next[1]);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
