// Instants as values: pure code gets `now` handed in and never asks a clock.

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes times. */
export function formatTime(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 in UTC with milliseconds, for times whose difference is a latency. */
export function formatTimeMs(at: Instant): string {
  return new Date(at).toISOString();
}

/** Instant of an RFC 3339 time, or undefined for text that is none. */
export function parseTime(text: string | undefined): Instant | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
