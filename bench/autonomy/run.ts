// Carries out one run: a mission of the corpus, left alone or with a fault, on a cluster where the real operator and real agents work.
import { missions, plans, tasks } from '#api/v1alpha1/kinds.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';
import type { Plan } from '#api/v1alpha1/plan.ts';
import type { Task } from '#api/v1alpha1/task.ts';
import { messageOf } from '#platform/errors.ts';
import { eventually, type World } from '#testing/world.ts';
import type { Aftermath, Fault } from './faults.ts';
import type { Front } from './front.ts';
import { longestSeconds, objectOf, type Run } from './missions.ts';
import type { Repository } from './repository.ts';
import { humanActs, type Verdict, whyNotAutonomous } from './score.ts';

/** What all runs share. */
export interface Site {
  readonly world: World;
  readonly front: Front;
  readonly repository: Repository;
}

/** A run, and what is done to it. */
export interface Trial {
  readonly run: Run;
  readonly fault?: Fault;
}

/** Seconds beyond the deadline of the mission itself. */
const graceSeconds = 15;

/** Applies a mission, waits for its end, and judges. */
export async function carryOut(trial: Trial, site: Site, namespace: string): Promise<Verdict> {
  const { run, fault } = trial;
  const { world, front, repository } = site;
  const began = performance.now();
  const notes: string[] = [];
  const tasksNow = () => listOf<Task>(site, tasks, namespace, run);
  const hand = fault?.hand?.({ world, repository, namespace, run, tasks: tasksNow, note: (word) => void notes.push(word) });
  if (hand !== undefined) front.lay(run.name, (call) => hand(call).catch((error: unknown) => (notes.push(messageOf(error)), 'pass')));
  await repository.branch(run.name);
  await world.client.create<Mission>(missions, objectOf(run, namespace, repository.url));
  const mission = await endOf(world, namespace, run);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const made = (await listOf<Plan>(site, plans, namespace, run)).toSorted((a, b) => a.spec.revision - b.spec.revision);
  return judged(trial, { mission, tasks: await tasksNow(), plans: made, notes }, { seconds, acts: humanActs(await world.audit(), namespace, run.name) });
}

/** A fault that did not happen is an error, never a pass. */
function judged({ run, fault }: Trial, aftermath: Aftermath, { seconds, acts }: { readonly seconds: number; readonly acts: readonly string[] }): Verdict {
  const { mission, notes } = aftermath;
  const why = because(whyNotAutonomous(mission, acts), aftermath);
  const base = { mission: run.mission.name, seconds, replans: mission.status?.plan?.replans ?? 0 };
  if (fault === undefined) return { ...base, isMade: why === undefined, words: why ?? '' };
  const seen = fault.seen(aftermath);
  if (seen !== undefined) return { ...base, fault: fault.name, isMade: why === undefined, words: why ?? seen };
  return { ...base, fault: fault.name, isMade: false, isVoid: true, words: `the fault did not happen (${['what was noted:', ...notes].join(' ')}); the mission ${why ?? 'succeeded'}` };
}

/** Why, with the last words of what failed, and what was wrong with the plan that came last. */
function because(why: string | undefined, { tasks: all, plans: made }: Aftermath): string | undefined {
  if (why === undefined) return undefined;
  const failed = all.filter(({ status }) => status?.outcome?.result === 'Failed').toSorted((a, b) => timeOf(a) - timeOf(b)).at(-1);
  const lastWords = failed === undefined ? [] : [`${failed.spec.taskName ?? failed.metadata.name}: ${failed.status?.outcome?.message ?? ''}`];
  return [why, ...lastWords, ...(made.at(-1)?.spec.faults ?? [])].join('; ');
}

function timeOf({ status }: Task): number {
  return Date.parse(status?.completionTime ?? '');
}

/** The mission when it has ended, or as it is when the time is over. */
async function endOf(world: World, namespace: string, { name }: Run): Promise<Mission> {
  const get = () => world.client.get<Mission>(missions, { namespace, name });
  const ended = await eventually(`mission ${name} ends`, longestSeconds + graceSeconds, async () => {
    const found = await get();
    return found?.status?.completionTime === undefined ? undefined : found;
  }).catch(get);
  if (ended === undefined) throw new Error(`read missions.coditect.ai ${namespace}/${name}: it is gone, and nobody of this bench deletes it; look at the audit log`);
  return ended;
}

/** The tasks or plans of one mission. A scripted model that thinks holds up this whole process, so a request may be late: it is asked again. */
async function listOf<T extends Task | Plan>({ world }: Site, type: typeof tasks | typeof plans, namespace: string, { name }: Run): Promise<readonly T[]> {
  const { items } = await eventually(`${type.plural} are listed`, longestSeconds, () => world.client.list<T>(type, { namespace }).catch(() => undefined));
  return items.filter(({ spec }) => spec.missionRef?.name === name);
}
