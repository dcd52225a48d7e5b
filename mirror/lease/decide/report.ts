// From what parts say of themselves to what the Lease says of them: since when, and which kind of fault. The words of a store go no further than the log.
import type { PartFault, PartReport, PartReports } from '#api/mirrored.ts';
import { formatTimeMs, type Instant } from '#api/time.ts';

/** A part as it is now. */
export interface PartNow {
  readonly name: string;
  readonly state: 'off' | 'well' | 'down';
  /** Why it is down, in words that may hold anything. */
  readonly fault?: string;
}

/** The reports after a look at `now`; a part that is as it was keeps its time. */
export function reportsOf(before: PartReports, parts: readonly PartNow[], now: Instant): PartReports {
  return Object.fromEntries(parts.map((part) => [part.name, reportOf(before[part.name], part, now)]));
}

function reportOf(before: PartReport | undefined, { state, fault }: PartNow, now: Instant): PartReport {
  const since = before?.state === state ? before.since : formatTimeMs(now);
  return { state, since, ...(state === 'down' ? { fault: faultOf(fault ?? '') } : {}) };
}

/** The kind of a fault. */
export function faultOf(text: string): PartFault {
  return kinds.find(([, pattern]) => pattern.test(text))?.[0] ?? 'failing';
}

/** The first that matches counts: what a server says about rights or room is nearer to the cause than how the connection ended. */
const kinds: readonly (readonly [PartFault, RegExp])[] = [
  ['full', /no ?space|ENOSPC|disk is full|no room|maximum (bytes|messages)|max(imum)? ?memory|OOM command|NOT_ENOUGH_SPACE|quota|storage (resources )?exceeded/i],
  ['denied', /auth|permission|denied|forbidden|refuses the (user|credentials)|WRONGPASS|NOPERM|NOAUTH|AccessDenied|InvalidAccessKey|SignatureDoesNotMatch|\b40[13]\b/i],
  ['untrusted', /certificate|\bTLS\b|\bSSL\b|self[- ]signed|handshake|plaintext|CERT_/i],
  ['slow', /time ?d? ?out|timeout|ETIMEDOUT|in time|did not answer|does not answer/i],
  ['unreachable', /ECONN|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE|connection|connected|socket|unreachable|getaddrinfo|refused|closed|no server|fetch failed/i],
];
