// Words that several commands share: what options mean, and how a value becomes one.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseTime } from '#api/time.ts';
import type { Session } from './commands/session.ts';

/** Adds a command that reaches a cluster. */
export type Add = (parent: Command, usage: string, description: string) => Command;

/** Carries a command out over a session. */
export type Act = (command: Command, run: (session: Session) => Promise<number>) => Promise<void>;

/** The option for data instead of text. */
export const json = () => new Option('-o, --output <format>', 'print data instead of text').choices(['json']);

/** True when data was asked for. */
export const isJson = ({ output }: { readonly output?: string }) => output === 'json';

/** A speed such as `10x`, `0.5x` or `max`. */
export function parseSpeed(text: string): number | 'max' {
  if (text === 'max') return text;
  const speed = /^\d+(\.\d+)?x?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (!(speed >= 0.1 && speed <= 1000)) throw new InvalidArgumentError('expected a speed from 0.1x to 1000x, or max');
  return speed;
}

/** Milliseconds since 1970 of a time in RFC 3339. */
export function parseMoment(text: string): number {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(text) ? parseTime(text) : undefined;
  if (at === undefined) throw new InvalidArgumentError('expected a time such as 2026-01-31T12:00:00Z');
  return at;
}

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of `90s`, `10m`, `1h30m`, `30d` or a plain number of seconds. */
export function parseDuration(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * unitsMs.s;
  if (!/^(\d+d)?(\d+h)?(\d+m)?(\d+s)?$/.test(text) || text === '') throw new InvalidArgumentError('expected a duration such as 90s, 10m or 1h30m');
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([dhms])/g)) sum += Number(amount) * unitsMs[unit as keyof typeof unitsMs];
  return sum;
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('expected a whole number from 1');
  return count;
}
