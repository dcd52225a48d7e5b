// One connection to the mirror with the caller's own certificate, made anew when that was renewed or the mirror has moved.
import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { ServerAddress } from './addresses.ts';
import type { Credential } from './certificates.ts';
import { dialOptions, mirrorName } from './tls.ts';

export interface MirrorLineOptions {
  readonly address: ServerAddress;
  /** Namespace of the installation. */
  readonly namespace: string;
  /** The newest certificate; undefined before the first. */
  readonly credential: () => Credential | undefined;
}

export interface MirrorLine {
  /** For one call of at most so many milliseconds. Undefined while there is no mirror; rejects while there is no certificate. */
  transport(callMs: number): Promise<Transport | undefined>;
  close(): void;
}

interface Session {
  readonly baseUrl: string;
  readonly credential: Credential;
  readonly manager: Http2SessionManager;
}

/** The mirror of an installation, if it has one. */
export function createMirrorLine({ address, namespace, credential }: MirrorLineOptions): MirrorLine {
  let session: Session | undefined;
  const sessionTo = (baseUrl: string, newest: Credential): Session => {
    if (session?.baseUrl === baseUrl && session.credential.certificate === newest.certificate && session.credential.caBundle === newest.caBundle) return session;
    session?.manager.abort();
    session = { baseUrl, credential: newest, manager: new Http2SessionManager(baseUrl, {}, dialOptions(mirrorName(namespace), newest)) };
    return session;
  };
  return {
    transport: async (callMs) => {
      const [at, newest] = [await address.current(), credential()];
      if (at === undefined) return undefined;
      if (newest === undefined) throw new ConnectError('there is no certificate yet', Code.Unavailable);
      const { baseUrl, manager } = sessionTo(`https://${at}`, newest);
      return createGrpcTransport({ baseUrl, sessionManager: manager, defaultTimeoutMs: callMs });
    },
    close: () => session?.manager.abort(),
  };
}
