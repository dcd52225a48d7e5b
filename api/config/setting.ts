// How settings of a process are declared: one zod object, each field with a description and the name of its environment variable.
import { z } from 'zod';

/** Attaches the environment variable of a setting. `secret` settings are never printed. */
export function env(name: string, options: { readonly secret?: boolean } = {}) {
  return { env: name, ...options };
}

/** A whole number from text or JSON. */
export const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

export const Port = whole(0, 65_535);

/** A list from JSON, or from text split at commas. */
export const TextList = z.preprocess((value) => (typeof value === 'string' ? value.split(',').map((item) => item.trim()).filter((item) => item !== '') : value), z.array(z.string().max(512)).max(64));

/** A value from JSON, or from text that holds JSON. */
export function jsonText<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (typeof value === 'string' ? parsed(value) : value), schema);
}

/** What is not JSON stays a text, and is refused as one. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** True or false, also as a word. */
export const Flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

export const LogLevel = z.enum(['error', 'warn', 'info', 'debug']);
