// Credentials of a store as files that somebody may replace at any time: whoever connects reads them anew, and tells old from new by their digest.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PlatformError } from './errors.ts';

/** Where the parts are. What is absent is not used. */
export interface CredentialFiles {
  /** CA certificates that the server must prove itself by. Absent: those of the system. */
  readonly caFile?: string | undefined;
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly userFile?: string | undefined;
  readonly passwordFile?: string | undefined;
}

/** What the files hold. */
export interface Credentials {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly user?: string;
  readonly password?: string;
  /** Equal for equal contents. */
  readonly digest: string;
}

/** Reads all files. Throws a sentence that names the one that cannot be read, or the one that is missing beside the other. */
export function readCredentials({ caFile, certificateFile, keyFile, userFile, passwordFile }: CredentialFiles): Credentials {
  if ((certificateFile === undefined) !== (keyFile === undefined)) throw new PlatformError('CredentialFile', 'a client certificate needs its key and a key its certificate, so nothing is sent; name both files or none');
  const parts = {
    ...part('ca', readIf('the CA certificates', caFile)),
    ...part('cert', readIf('the client certificate', certificateFile)),
    ...part('key', readIf('the key of the client certificate', keyFile)),
    ...part('user', readIf('the user', userFile)?.trim()),
    ...part('password', readIf('the password', passwordFile)?.replace(/\r?\n$/, '')),
  };
  return { ...parts, digest: createHash('sha256').update(JSON.stringify(parts)).digest('hex') };
}

/** What is wrong with the address of a store that is asked over HTTP; undefined when it is well. Credentials and texts must not be readable on the way. */
export function addressFault({ protocol, username, password }: URL, insecure: boolean): string | undefined {
  if (username !== '' || password !== '') return 'credentials belong into files, not into the URL';
  if (protocol === 'https:' || (protocol === 'http:' && insecure)) return undefined;
  return 'it is not https, so what is sent could be read on the way; use https, or allow plaintext in the settings (insecure)';
}

/** The text of one file. Throws a sentence that names it. */
export function readCredentialFile(what: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new PlatformError('CredentialFile', `the file with ${what} cannot be read, so nothing is sent; mend ${file}`, { cause });
  }
}

function readIf(what: string, file: string | undefined): string | undefined {
  return file === undefined ? undefined : readCredentialFile(what, file);
}

function part<K extends string>(name: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, string>);
}
