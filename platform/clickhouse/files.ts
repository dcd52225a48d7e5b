// Credentials as files that somebody may replace at any time: read anew when they are asked for, told apart by their content.
import { readFile } from 'node:fs/promises';

/** Where the parts of a credential are. Absent parts are not used. */
export interface CredentialFiles {
  /** CA certificates that the server must prove itself by. Absent: those of the system. */
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly userFile?: string;
  readonly passwordFile?: string;
}

/** What the files held. */
export interface Credentials {
  readonly ca?: Buffer;
  readonly certificate?: Buffer;
  readonly key?: Buffer;
  readonly user?: string;
  readonly password?: string;
  /** Equal for equal contents. */
  readonly fingerprint: string;
}

/** Reads all files. Rejects when one that is named cannot be read. */
export async function readCredentials({ caFile, certificateFile, keyFile, userFile, passwordFile }: CredentialFiles): Promise<Credentials> {
  const [ca, certificate, key, user, password] = await Promise.all([caFile, certificateFile, keyFile, userFile, passwordFile].map((file) => readIf(file)));
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(user === undefined ? {} : { user: user.toString('utf8').trim() }),
    ...(password === undefined ? {} : { password: password.toString('utf8').replace(/\r?\n$/, '') }),
    fingerprint: [ca, certificate, key, user, password].map((content) => content?.toString('base64') ?? '-').join('|'),
  };
}

async function readIf(file: string | undefined): Promise<Buffer | undefined> {
  return file === undefined ? undefined : readFile(file);
}
