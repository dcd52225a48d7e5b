// Runs the mission of the check from nothing to Succeeded, and takes away what it made. It speaks to the API server only, as people do.
import { agentPools, missions, type ResourceType } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import { names } from '#api/labels.ts';
import { findCondition } from '#domain/conditions.ts';
import { type Clock, delay } from '#platform/clock.ts';
import type { KubeClient, KubeObject } from '#platform/kube/types.ts';
import { checkMission, checkPool, type CheckPlace } from './objects.ts';

export interface CheckOptions extends CheckPlace {
  readonly client: Pick<KubeClient, 'get' | 'create' | 'delete'>;
  readonly clock: Clock;
  readonly timeoutSeconds: number;
  /** One line for people now and then. */
  readonly say: (line: string) => void;
}

/** What came out, as a sentence. */
export type CheckResult = { readonly kind: 'passed' | 'failed'; readonly message: string };

const pollMs = 500;

/** Resolves with what came out; what it made is deleted in either case. Rejects when the API server refuses. */
export async function checkInstallation(options: CheckOptions): Promise<CheckResult> {
  const deadline = options.clock.monotonic() + options.timeoutSeconds * 1000;
  // What an interrupted check left behind would be in the way.
  await removeAll(options, deadline);
  try {
    await options.client.create(agentPools, checkPool(options));
    await options.client.create(missions, checkMission(options, options.timeoutSeconds));
    options.say(`applied mission and pool ${names.installCheck} in namespace ${options.namespace}`);
    return await outcome(options, deadline);
  } finally {
    await removeAll(options, options.clock.monotonic() + 30_000);
  }
}

async function outcome({ client, clock, namespace, timeoutSeconds, say }: CheckOptions, deadline: number): Promise<CheckResult> {
  let told = '';
  for (;;) {
    const mission = await client.get<Mission>(missions, { namespace, name: names.installCheck });
    const now = stateOf(mission);
    if (now.isFinal) return { kind: now.isGood ? 'passed' : 'failed', message: `the mission ended: ${now.text}` };
    if (now.text !== told) say(now.text);
    told = now.text;
    if (clock.monotonic() > deadline) return { kind: 'failed', message: `the mission has not ended after ${timeoutSeconds} s; the last that was known: ${now.text}` };
    await delay(clock, pollMs);
  }
}

interface MissionState {
  readonly isFinal: boolean;
  readonly isGood: boolean;
  readonly text: string;
}

/** A spec that is not accepted ends nothing by itself, so it is told as long as it lasts: a pool may not be seen yet. */
function stateOf(mission: Mission | undefined): MissionState {
  const conditions = mission?.status?.conditions;
  const succeeded = findCondition(conditions, 'Succeeded');
  const accepted = findCondition(conditions, 'Accepted');
  const known = accepted?.status === 'False' ? accepted : succeeded;
  const text = known === undefined ? 'no operator has looked at the mission yet' : `${known.reason}: ${known.message}`;
  const isFinal = succeeded !== undefined && succeeded.status !== 'Unknown' && accepted?.status !== 'False';
  return { isFinal, isGood: succeeded?.status === 'True', text };
}

async function removeAll({ client, clock, namespace }: CheckOptions, deadline: number): Promise<void> {
  for (const type of [missions, agentPools] satisfies readonly ResourceType[]) {
    const key = { namespace, name: names.installCheck };
    await client.delete(type, key);
    while ((await client.get<KubeObject>(type, key)) !== undefined && clock.monotonic() < deadline) await delay(clock, pollMs);
  }
}
