// The mirror as an agent sees it: one connection with the agent's own certificate, made anew when that was renewed or the mirror has moved.
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { ServerAddress } from './addresses.ts';
import type { Credential } from './certificates.ts';
import { EventIntakeService } from './generated/coditect/v1alpha1/events_pb.ts';
import { dialOptions, mirrorName } from './tls.ts';

export interface EventsClientOptions {
  readonly address: ServerAddress;
  /** Namespace of the installation. */
  readonly namespace: string;
  /** The newest certificate; undefined before the first. */
  readonly credential: () => Credential | undefined;
}

/** What became of events: `none` there is no mirror, `later` it may take them another time, `refused` it never will. */
export type Told = { readonly kind: 'taken'; readonly dropped: number } | { readonly kind: 'none' } | { readonly kind: 'later' | 'refused'; readonly message: string };

export interface EventsClient {
  /** Tells events of the task that the grant names; never rejects. */
  tell(grant: string, eventsJson: readonly string[], signal?: AbortSignal): Promise<Told>;
  close(): void;
}

interface Session {
  readonly baseUrl: string;
  readonly credential: Credential;
  readonly manager: Http2SessionManager;
}

const callMs = 10_000;
/** Answers that another try will not change. */
const final: ReadonlySet<Code> = new Set([Code.InvalidArgument, Code.PermissionDenied, Code.NotFound, Code.Unimplemented]);

/** The mirror of an installation, if it has one. */
export function createEventsClient({ address, namespace, credential }: EventsClientOptions): EventsClient {
  let session: Session | undefined;
  const sessionTo = (baseUrl: string, newest: Credential): Session => {
    if (session?.baseUrl === baseUrl && session.credential === newest) return session;
    session?.manager.abort();
    session = { baseUrl, credential: newest, manager: new Http2SessionManager(baseUrl, {}, dialOptions(mirrorName(namespace), newest)) };
    return session;
  };
  return {
    tell: async (grant, eventsJson, signal) => {
      try {
        const [at, newest] = [await address.current(), credential()];
        if (at === undefined) return { kind: 'none' };
        if (newest === undefined) return { kind: 'later', message: 'there is no certificate yet' };
        const { baseUrl, manager } = sessionTo(`https://${at}`, newest);
        const client = createClient(EventIntakeService, createGrpcTransport({ baseUrl, sessionManager: manager, defaultTimeoutMs: callMs }));
        const { dropped } = await client.tell({ grant, eventsJson: [...eventsJson] }, signal === undefined ? {} : { signal });
        return { kind: 'taken', dropped };
      } catch (error) {
        const { code, rawMessage: message } = ConnectError.from(error);
        return { kind: final.has(code) ? 'refused' : 'later', message };
      }
    },
    close: () => session?.manager.abort(),
  };
}
