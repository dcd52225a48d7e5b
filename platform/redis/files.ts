// Files of credentials are polled, because a mounted Secret changes by a symbolic link, which watches miss.
import type { Clock } from '#platform/clock.ts';
import { type CredentialFiles, type Credentials, readCredentials } from '#platform/credential-files.ts';
import { messageOf } from '#platform/errors.ts';
import type { RedisFault } from './faults.ts';

export type ReadSecrets = { readonly kind: 'read'; readonly credentials: Credentials } | { readonly kind: 'fault'; readonly fault: RedisFault };

/** Calls `changed` whenever the files say something else than before; the returned function ends it. */
export function watchSecrets(files: CredentialFiles, { clock, everyMs }: { readonly clock: Clock; readonly everyMs: number }, changed: (read: ReadSecrets) => void): () => void {
  let known: string | undefined;
  let cancel = (): void => {};
  const look = (): void => {
    const read = readSecrets(files);
    const digest = read.kind === 'read' ? read.credentials.digest : read.fault.message;
    cancel = clock.after(everyMs, look);
    if (digest === known) return;
    known = digest;
    changed(read);
  };
  look();
  return () => cancel();
}

function readSecrets(files: CredentialFiles): ReadSecrets {
  try {
    return { kind: 'read', credentials: readCredentials(files) };
  } catch (error) {
    return { kind: 'fault', fault: { kind: 'Files', message: `Redis: ${messageOf(error)}` } };
  }
}
