// The time format of Leases and Events: RFC 3339 with six digits after the second.
import { formatTimeMs, type Instant } from '#api/time.ts';

/** The instant as a Kubernetes MicroTime. */
export function formatMicroTime(at: Instant): string {
  return `${formatTimeMs(at).slice(0, -1)}000Z`;
}
