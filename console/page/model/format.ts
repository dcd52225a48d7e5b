// Figures and times as people read them.
import { type Instant, parseTime } from '#api/time.ts';

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000] as const;

/** `850ms`, `42s`, `3m 20s`, `2h 5m`, `4d` */
export function duration(ms: number): string {
  if (ms < second) return `${Math.max(0, Math.round(ms))}ms`;
  const [seconds, minutes, hours] = [Math.floor(ms / second), Math.floor(ms / minute), Math.floor(ms / hour)];
  if (ms < minute) return `${seconds}s`;
  if (ms < hour) return `${minutes}m${seconds % 60 === 0 ? '' : ` ${seconds % 60}s`}`;
  if (ms < 2 * day) return `${hours}h${minutes % 60 === 0 ? '' : ` ${minutes % 60}m`}`;
  return `${Math.floor(ms / day)}d`;
}

/** How long ago, in one unit. */
export function age(then: string | undefined, now: Instant): string {
  const at = parseTime(then);
  if (at === undefined) return '';
  const ms = Math.max(0, now - at);
  if (ms < minute) return `${Math.floor(ms / second)}s`;
  if (ms < hour) return `${Math.floor(ms / minute)}m`;
  return ms < 2 * day ? `${Math.floor(ms / hour)}h` : `${Math.floor(ms / day)}d`;
}

/** Time between two moments; to now when the second is still to come. */
export function between(from: string | undefined, until: string | undefined, now: Instant): string {
  const start = parseTime(from);
  return start === undefined ? '' : duration((parseTime(until) ?? now) - start);
}

/** Dollars from decimal text: cents, and more digits where cents would show nothing. */
export function usd(text: string): string {
  const value = Number(text);
  if (value === 0) return '$0';
  return value < 0.1 ? `$${value.toFixed(4)}` : `$${value.toFixed(2)}`;
}

/** `12,345`; from a million on `1.2M`. */
export function count(value: number): string {
  if (value >= 1_000_000) return `${(value / 1_000_000).toFixed(1)}M`;
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/** `14:05:09` of a day, UTC. */
export function clockTime(at: Instant): string {
  return new Date(at).toISOString().slice(11, 19);
}

/** `2026-11-23 14:05:09`, UTC. */
export function dayTime(at: Instant): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

/** `4.2 KiB` */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10));
  return `${power === 0 ? value : (value / 1024 ** power).toFixed(1)} ${units[power]}`;
}
