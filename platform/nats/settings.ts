// Where the event log is and how to get in: names of files, whose content is read anew for each connection.
import { readFile } from 'node:fs/promises';
import { type Authenticator, credsAuthenticator, type NodeConnectionOptions, usernamePasswordAuthenticator } from '@nats-io/transport-node';
import { PlatformError } from '../errors.ts';

export interface NatsSettings {
  /** `host:port`. */
  readonly servers: readonly string[];
  /** CA certificates that servers must prove themselves by; absent: those of the system. */
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly userFile?: string;
  readonly passwordFile?: string;
  /** As `nsc` makes them. */
  readonly credentialsFile?: string;
  /** True: without TLS. */
  readonly insecure?: boolean;
  /** Shown in the lists of the server. */
  readonly name: string;
  /** How often the files are looked at while a connection is up; when one has changed a new connection is made. Default 10 s. */
  readonly reloadMs?: number;
}

/** The part of the client's options that comes from files. */
export type Access = Pick<NodeConnectionOptions, 'tls' | 'authenticator'>;

const fileNames = ['caFile', 'certificateFile', 'keyFile', 'userFile', 'passwordFile', 'credentialsFile'] as const;
export type AccessFiles = Readonly<Partial<Record<(typeof fileNames)[number], string>>>;

const whatIn: Readonly<Record<(typeof fileNames)[number], string>> = {
  caFile: 'the CA certificates',
  certificateFile: 'the client certificate',
  keyFile: 'the key of the client certificate',
  userFile: 'the user',
  passwordFile: 'the password',
  credentialsFile: 'the credentials',
};

/** Contents of all files that are named. Rejects with a sentence that names the one that cannot be read. */
export async function readAccess(settings: NatsSettings): Promise<AccessFiles> {
  const contents: Partial<Record<(typeof fileNames)[number], string>> = {};
  for (const name of fileNames) {
    const file = settings[name];
    if (file !== undefined) contents[name] = await read(whatIn[name], file);
  }
  return contents;
}

/** What the client is told. Without TLS only when the settings say so. */
export function accessOf(files: AccessFiles, insecure: boolean): Access {
  const authenticator = authenticatorOf(files);
  return { tls: insecure ? null : tlsOf(files), ...(authenticator === undefined ? {} : { authenticator }) };
}

function tlsOf({ caFile: ca, certificateFile: cert, keyFile: key }: AccessFiles): NonNullable<Access['tls']> {
  if ((cert === undefined) !== (key === undefined)) throw new PlatformError('NatsSettings', 'connect to the event log: a client certificate needs its key and a key its certificate, so nothing is sent; name both files or none');
  return { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
}

function authenticatorOf({ userFile: user, passwordFile: password, credentialsFile: credentials }: AccessFiles): Authenticator | undefined {
  if (credentials !== undefined) return credsAuthenticator(Buffer.from(credentials));
  return user === undefined ? undefined : usernamePasswordAuthenticator(user.trim(), password?.trim());
}

async function read(what: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new PlatformError('NatsSettings', `connect to the event log: the file with ${what} cannot be read, so nothing is sent; mend ${file}`, { cause });
  }
}
