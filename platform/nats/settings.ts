// Where the event log is and how to get in: names of files, whose content is read anew for each connection.
import { type Authenticator, credsAuthenticator, type NodeConnectionOptions, usernamePasswordAuthenticator } from '@nats-io/transport-node';
import { type CredentialFiles, type Credentials, readCredentialFile, readCredentials } from '../credential-files.ts';

export interface NatsSettings extends CredentialFiles {
  /** `host:port`. */
  readonly servers: readonly string[];
  /** As `nsc` makes them. */
  readonly credentialsFile?: string;
  /** True: without TLS. */
  readonly insecure?: boolean;
  /** Shown in the lists of the server. */
  readonly name: string;
  /** How often the files are looked at while a connection is up; when one has changed a new connection is made. Default 10 s. */
  readonly reloadMs?: number;
}

/** What the files hold. */
export interface AccessFiles {
  readonly parts: Credentials;
  readonly credentials?: string;
}

/** Reads the files. Throws a sentence that names the one that cannot be read. */
export function readAccess(settings: NatsSettings): AccessFiles {
  const { credentialsFile } = settings;
  return { parts: readCredentials(settings), ...(credentialsFile === undefined ? {} : { credentials: readCredentialFile('the credentials', credentialsFile) }) };
}

/** The part of the client's options that comes from files. */
export type Access = Pick<NodeConnectionOptions, 'tls' | 'authenticator'>;

/** What the client is told. Without TLS only when the settings say so. */
export function accessOf(files: AccessFiles, insecure: boolean): Access {
  const { user: _user, password: _password, digest: _digest, ...tls } = files.parts;
  const authenticator = authenticatorOf(files);
  return { tls: insecure ? null : tls, ...(authenticator === undefined ? {} : { authenticator }) };
}

function authenticatorOf({ parts: { user, password }, credentials }: AccessFiles): Authenticator | undefined {
  if (credentials !== undefined) return credsAuthenticator(Buffer.from(credentials));
  return user === undefined ? undefined : usernamePasswordAuthenticator(user, password);
}
