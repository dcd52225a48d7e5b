// Who waits for a higher budget: callers that were told to come again and have not got through since. They come back by themselves.
import type { Clock } from '#platform/clock.ts';
import type { Charge } from './access.ts';

export interface Waiting {
  /** This caller was told to come again. */
  waits(charge: Charge): void;
  /** It got through, or was refused for good. */
  goesOn(charge: Charge): void;
  /** How many callers of a mission wait. */
  countOf(missionUid: string): number;
}

/** Who has not come back by then has given up: callers are told to come after ten seconds, and add up to a minute. */
const patienceMs = 120_000;

/** Nobody waits yet. */
export function createWaiting(clock: Pick<Clock, 'monotonic'>): Waiting {
  /** By mission and caller: until when it counts. */
  const missions = new Map<string, Map<string, number>>();
  return {
    waits: (charge) => {
      const { missionUid } = charge.account;
      const callers = missions.get(missionUid) ?? new Map<string, number>();
      missions.set(missionUid, callers.set(callerOf(charge), clock.monotonic() + patienceMs));
      forgetLate(missions, clock.monotonic());
    },
    goesOn: (charge) => {
      const callers = missions.get(charge.account.missionUid);
      callers?.delete(callerOf(charge));
      if (callers?.size === 0) missions.delete(charge.account.missionUid);
    },
    countOf: (missionUid) => {
      forgetLate(missions, clock.monotonic());
      return missions.get(missionUid)?.size ?? 0;
    },
  };
}

/** One attempt asks one question at a time, and so does the planner of a mission. */
function callerOf({ account: { taskUid, purpose }, attempt }: Charge): string {
  return `${taskUid ?? purpose} ${attempt?.attempt ?? 0}`;
}

function forgetLate(missions: Map<string, Map<string, number>>, now: number): void {
  for (const [missionUid, callers] of missions) {
    for (const [caller, until] of callers) if (until <= now) callers.delete(caller);
    if (callers.size === 0) missions.delete(missionUid);
  }
}
