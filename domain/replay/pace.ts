// When the next event of a replay is due: history has its own clock, which runs at a speed, stands still or jumps. Values in, values out; real time is handed in.
import type { Instant } from '#api/time.ts';

/** Real time in milliseconds that only grow. */
type Ticks = number;

export const speeds = { slowest: 0.1, fastest: 1000 } as const;

/** How a replay runs. */
export interface Pace {
  /** History's milliseconds in one of ours; `max`: all at once. */
  readonly speed: number | 'max';
  readonly isPaused: boolean;
  /** History's clock showed `told` when ours showed `real`. */
  readonly told: Instant;
  readonly real: Ticks;
  /** Nothing happens for no longer than this, in our time: longer silence is cut short. */
  readonly longestWaitMs: number;
}

/** A replay that begins here and now. */
export function startPace(told: Instant, real: Ticks, { speed, longestWaitMs }: Pick<Pace, 'speed' | 'longestWaitMs'>): Pace {
  return { speed: speed === 'max' ? speed : clamped(speed), isPaused: false, told, real, longestWaitMs };
}

/** What history's clock shows. */
export function toldAt(pace: Pace, real: Ticks): Instant {
  if (pace.isPaused || pace.speed === 'max') return pace.told;
  return pace.told + Math.max(0, real - pace.real) * pace.speed;
}

/** When an event is due, in our time; undefined while the replay stands still. */
export function dueAt(pace: Pace, at: Instant): Ticks | undefined {
  if (pace.isPaused) return undefined;
  if (pace.speed === 'max') return pace.real;
  return pace.real + Math.min(pace.longestWaitMs, Math.max(0, at - pace.told) / pace.speed);
}

/** After the event of this time was shown when it was due: who was late does not make the rest late. */
export function shown(pace: Pace, at: Instant, due: Ticks): Pace {
  return { ...pace, told: Math.max(pace.told, at), real: due };
}

/** History's clock stands still. */
export function paused(pace: Pace, real: Ticks): Pace {
  return pace.isPaused ? pace : { ...pace, told: toldAt(pace, real), real, isPaused: true };
}

/** It runs again. */
export function resumed(pace: Pace, real: Ticks): Pace {
  return pace.isPaused ? { ...pace, real, isPaused: false } : pace;
}

/** Another moment: the next event, or anywhere. */
export function jumped(pace: Pace, told: Instant, real: Ticks): Pace {
  return { ...pace, told, real };
}

/** Another speed from now on. */
export function atSpeed(pace: Pace, speed: Pace['speed'], real: Ticks): Pace {
  return { ...pace, told: toldAt(pace, real), real, speed: speed === 'max' ? speed : clamped(speed) };
}

function clamped(speed: number): number {
  return Math.min(speeds.fastest, Math.max(speeds.slowest, speed));
}
