// A gRPC connection to a server of the installation for calls in the name of a person: TLS under the installation's CA, their token on every call.
import type { Interceptor, Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { dialOptions } from './tls.ts';

export interface PeopleLineOptions {
  /** host:port */
  readonly address: string;
  /** Name that the server must prove, whatever address is dialled. */
  readonly serverName: string;
  /** CA of the installation, PEM. */
  readonly caBundle: string;
  /** A valid bearer token, asked for at each call. Unset: calls bring an authorization header themselves. */
  readonly token?: () => Promise<string>;
}

export interface PeopleLine {
  readonly transport: Transport;
  close(): void;
}

/** Makes a line; it is connected by the first call. */
export function openPeopleLine({ address, serverName, caBundle, token }: PeopleLineOptions): PeopleLine {
  const baseUrl = `https://${address}`;
  const sessionManager = new Http2SessionManager(baseUrl, {}, dialOptions(serverName, { caBundle }));
  const bearer = (ask: () => Promise<string>): Interceptor => (next) => async (request) => {
    request.header.set('authorization', `Bearer ${await ask()}`);
    return next(request);
  };
  return { transport: createGrpcTransport({ baseUrl, sessionManager, interceptors: token === undefined ? [] : [bearer(token)] }), close: () => sessionManager.abort() };
}
