// A mission in the shape of a diamond, and what must be true of it however much was killed while it ran.
import { aMission, runCommand } from './mission.ts';
import { must } from './story.ts';
import { eventually, type Hands } from '#testing/world.ts';

const tasks = 12;

/** Twelve tasks: one, ten that rest from 0 to 2 times `paceSeconds`, and one that waits for them all. */
export function diamond(namespace: string, name: string, paceSeconds = 1): object {
  const rest = (seconds: number) => runCommand('sleep', String(seconds));
  const middle = Array.from({ length: tasks - 2 }, (_, index) => ({ name: `work-${index}`, type: 'Tester', intent: rest((index % 3) * paceSeconds), dependsOn: ['begin'] }));
  const end = { name: 'end', type: 'Tester', intent: rest(0), dependsOn: middle.map((task) => task.name) };
  return aMission(namespace, name, [{ name: 'begin', type: 'Tester', intent: rest(0) }, ...middle, end], 'tasks["end"].observed.exitCode == 0');
}

/** Which diamond, and what was done to it, in words. */
export interface Trial {
  readonly namespace: string;
  readonly name: string;
  readonly what: string;
  /** Longest time until it ends; 90 seconds unless told. */
  readonly seconds?: number;
}

/** Waits for the end of a diamond, which must be a good one, without any task that was made twice or left undecided. */
export async function diamondSucceeds(world: Hands, trial: Trial): Promise<void> {
  await succeeds(world, trial);
  await outcomesWrittenOnce(world, trial);
}

/** Waits until a mission has ended, and fails unless it met its goals. */
export async function succeeds(world: Pick<Hands, 'tryKubectl'>, { namespace, name, what, seconds = 90 }: Trial): Promise<void> {
  const words = ['status', 'reason', 'message'].map((field) => `{.status.conditions[?(@.type=="Succeeded")].${field}}`).join(' ');
  const condition = await eventually(`${what}: mission ${name} ends`, seconds, async () => {
    const { code, stdout } = await world.tryKubectl(['get', `missions.coditect.ai/${name}`, '-n', namespace, '-o', `jsonpath=${words}`]);
    return code === 0 && !stdout.startsWith('Unknown') && stdout.trim() !== '' ? stdout : undefined;
  });
  must(condition.startsWith('True GoalsMet'), `${what}: mission ${name} ended as ${condition}`);
}

interface TaskObject {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly missionRef?: { readonly name: string } };
  readonly status?: { readonly outcome?: { readonly result: string } };
}

/** The witness is the API server: every task was created once and has an outcome, which its schema never lets change. */
async function outcomesWrittenOnce(world: Hands, { namespace, name }: Trial): Promise<void> {
  const list = JSON.parse(await world.kubectl('get', 'tasks.coditect.ai', '-n', namespace, '-o', 'json')) as { items: TaskObject[] };
  const mine = list.items.filter(({ spec }) => spec.missionRef?.name === name);
  must(mine.length === tasks, `mission ${name} has ${mine.length} tasks instead of ${tasks}`);
  const undecided = mine.filter(({ status }) => status?.outcome?.result !== 'Succeeded');
  must(undecided.length === 0, `tasks that did not succeed: ${undecided.map(({ metadata }) => metadata.name).join(', ')}`);
  const creates = (await world.audit()).filter(({ verb, objectRef, responseStatus }) => verb === 'create' && objectRef?.resource === 'tasks' && objectRef.namespace === namespace && (responseStatus?.code ?? 500) < 300);
  const doubled = mine.filter(({ metadata }) => creates.filter(({ objectRef }) => objectRef?.name === metadata.name).length > 1);
  must(doubled.length === 0, `tasks created twice: ${doubled.map(({ metadata }) => metadata.name).join(', ')}`);
}
