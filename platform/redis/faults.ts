// What can be wrong with Redis, in words: from the answers of the server and the errors of the connection.
import { messageOf } from '#platform/errors.ts';

export type FaultKind = 'ReadOnly' | 'Loading' | 'DiskFailed' | 'MemoryFull' | 'NotPermitted' | 'WrongPassword' | 'ClusterDown' | 'Moved' | 'Certificate' | 'TimedOut' | 'Unreachable' | 'Files' | 'Refused';

export interface RedisFault {
  readonly kind: FaultKind;
  /** One sentence for people: what is wrong, and what to do. */
  readonly message: string;
}

interface Row {
  readonly pattern: RegExp;
  readonly kind: FaultKind;
  readonly what: string;
}

/** The first row that fits. */
const rows: readonly Row[] = [
  { pattern: /^READONLY\b/, kind: 'ReadOnly', what: 'the server is a replica and takes no writes: point the addresses at the master' },
  { pattern: /^(LOADING|MASTERDOWN|BUSY)\b/, kind: 'Loading', what: 'the server is not ready yet: it is tried again' },
  { pattern: /^MISCONF\b/, kind: 'DiskFailed', what: 'the server cannot save to its disk and takes no writes: mend its disk' },
  { pattern: /^OOM\b/, kind: 'MemoryFull', what: 'the server has reached maxmemory: raise it, or let worlds expire sooner' },
  { pattern: /^NOPERM\b/, kind: 'NotPermitted', what: 'the user may not do this: give it the rules that mirror/world/README.md shows' },
  { pattern: /WRONGPASS|NOAUTH|invalid username-password/, kind: 'WrongPassword', what: 'user or password are wrong: correct the files, they are read again' },
  { pattern: /^CLUSTERDOWN\b|Failed to refresh slots cache|Cluster isn't ready|None of startup nodes|Too many Cluster redirections/, kind: 'ClusterDown', what: 'the cluster has no master for the key: start its servers' },
  { pattern: /^(MOVED|ASK|TRYAGAIN|CROSSSLOT)\b|same slots allocation group/, kind: 'Moved', what: 'the key moves to another server: it is tried again' },
  { pattern: /certificate|self.signed|altnames|\bSSL\b|\bTLS\b|ERR_SSL|ERR_TLS|EPROTO/i, kind: 'Certificate', what: 'the certificate is not trusted, on one of the two sides: check the CA, certificate and key files' },
  { pattern: /timed out|ETIMEDOUT/i, kind: 'TimedOut', what: 'the server does not answer in time' },
  { pattern: /ECONN|EPIPE|EHOSTUNREACH|ENOTFOUND|EAI_AGAIN|closed|writeable|ended|disconnected|aborted|max retries/i, kind: 'Unreachable', what: 'there is no connection: it is made again and again' },
];

/** The fault behind an error of the client or of the server. */
export function faultOf(error: unknown): RedisFault {
  const text = messageOf(deepest(error));
  const row = rows.find(({ pattern }) => pattern.test(text));
  const heard = text.slice(0, 200);
  return row === undefined ? { kind: 'Refused', message: `Redis: the server refused a command (${heard})` } : { kind: row.kind, message: `Redis: ${row.what} (${heard})` };
}

/** The client hides what a server of a cluster said behind "Failed to refresh slots cache". */
function deepest(error: unknown): unknown {
  const hidden = typeof error === 'object' && error !== null && 'lastNodeError' in error ? error.lastNodeError : undefined;
  return hidden === undefined || hidden === null ? error : hidden;
}

/** True for faults of the way or of the whole server: what else was asked fares no better. */
export function isOutage({ kind }: RedisFault): boolean {
  return kind !== 'Refused' && kind !== 'Moved';
}
