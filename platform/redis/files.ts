// What a connection needs of files: certificates and credentials. Polled, because a mounted Secret changes by a symbolic link, which watches miss.
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import type { Clock } from '#platform/clock.ts';
import { faultOf, type RedisFault } from './faults.ts';

/** Paths. Absent ones are not needed. */
export interface RedisFiles {
  readonly caFile?: string | undefined;
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly userFile?: string | undefined;
  readonly passwordFile?: string | undefined;
}

export interface Secrets {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly username?: string;
  readonly password?: string;
}

export type ReadSecrets = { readonly kind: 'read'; readonly secrets: Secrets; readonly digest: string } | { readonly kind: 'fault'; readonly fault: RedisFault };

/** Reads all files, or says which one cannot be read. */
export function readSecrets(files: RedisFiles): ReadSecrets {
  const text = (path: string | undefined): string | undefined => (path === undefined ? undefined : readFileSync(path, 'utf8'));
  try {
    const found = { ca: text(files.caFile), cert: text(files.certificateFile), key: text(files.keyFile), username: text(files.userFile)?.trim(), password: text(files.passwordFile)?.trim() };
    const secrets = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Secrets;
    return { kind: 'read', secrets, digest: createHash('sha256').update(JSON.stringify(secrets)).digest('hex') };
  } catch (error) {
    return { kind: 'fault', fault: faultOf(error) };
  }
}

/** Calls `changed` whenever the files say something else than before; the returned function ends it. */
export function watchSecrets(files: RedisFiles, { clock, everyMs }: { readonly clock: Clock; readonly everyMs: number }, changed: (read: ReadSecrets) => void): () => void {
  let known: string | undefined;
  let cancel = (): void => {};
  const look = (): void => {
    const read = readSecrets(files);
    const digest = read.kind === 'read' ? read.digest : read.fault.message;
    cancel = clock.after(everyMs, look);
    if (digest === known) return;
    known = digest;
    changed(read);
  };
  look();
  return () => cancel();
}
