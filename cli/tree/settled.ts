// The last of what a mission has cost: its status is complete a moment after its end, and who prints a sum waits for that.
import { type Instant, parseTime } from '#api/time.ts';
import type { Clock } from '#platform/clock.ts';
import { mayCallModels } from '#domain/cost/callers.ts';
import { nextChange, type MissionFeed } from '../world/feed.ts';
import { endingOf, type MissionView } from '#domain/mission/view.ts';

const patienceMs = 3000;
// By then the operator has given up asking: what is not settled stays so.
const hopelessMs = 60_000;

/** Waits until the cost of an ended mission is settled, as long as that may still come and 3 s at most; ends early when `signal` aborts. */
export async function untilSettled(feed: MissionFeed, { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }): Promise<void> {
  const patience = new AbortController();
  const cancel = clock.after(patienceMs, () => patience.abort());
  const over = AbortSignal.any([signal, patience.signal]);
  while (!over.aborted && mayStillSettle(feed.view(), clock.now())) await nextChange(feed, over);
  cancel();
}

function mayStillSettle(view: MissionView | undefined, now: Instant): boolean {
  if (view === undefined || endingOf(view.mission) === undefined) return false;
  const { spec, status } = view.mission;
  const ended = parseTime(status?.completionTime);
  return mayCallModels(spec) && status?.usage?.settledTime === undefined && (ended === undefined || now - ended < hopelessMs);
}
