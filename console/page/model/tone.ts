// How a state looks: a shape and a word go with every colour, because colour alone tells nobody enough.
import type { MissionRow } from '#api/console.ts';

/** Shapes of the marks that stand before a state. */
export type Tone = 'good' | 'bad' | 'busy' | 'wait' | 'ask' | 'off';

const ofTask: Readonly<Record<string, Tone>> = { Succeeded: 'good', Failed: 'bad', Running: 'busy', Assigned: 'busy', Backoff: 'ask', Skipped: 'off', Cancelled: 'off', Planned: 'off' };

/** The look of a task in a state. */
export function toneOfTask(state: string): Tone {
  return Object.hasOwn(ofTask, state) ? (ofTask[state] ?? 'wait') : 'wait';
}

/** The look of a mission. */
export function toneOfMission({ verdict, refused, awaitsApproval, started }: Pick<MissionRow, 'verdict' | 'refused' | 'awaitsApproval' | 'started'>): Tone {
  if (verdict === 'True') return 'good';
  if (verdict === 'False' || refused !== undefined) return 'bad';
  if (awaitsApproval) return 'ask';
  return started === undefined ? 'wait' : 'busy';
}

/** The look of a goal. */
export function toneOfGoal(state: string): Tone {
  return state === 'Met' ? 'good' : state === 'Unmet' ? 'bad' : 'wait';
}

/** `AwaitingApproval` as `awaiting approval`. */
export function words(reason: string): string {
  return reason.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
}
