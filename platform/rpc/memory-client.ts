// The mirror's memory as the operator sees it: one connection with the operator's own certificate, made anew when that was renewed or the mirror has moved.
import { ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import type { ServerAddress } from './addresses.ts';
import type { Credential } from './certificates.ts';
import { MemoryService } from './generated/coditect/v1alpha1/memory_pb.ts';
import { dialOptions, mirrorName } from './tls.ts';

export interface MemoryClientOptions {
  readonly address: ServerAddress;
  /** Namespace of the installation. */
  readonly namespace: string;
  /** The newest certificate. */
  readonly credential: () => Credential;
}

/** What was found: `none` there is no mirror, `lost` it does not answer, or refuses. */
export type Recalled = { readonly kind: 'told'; readonly lessonsJson: readonly string[] } | { readonly kind: 'none' } | { readonly kind: 'lost'; readonly message: string };

export interface MemoryClient {
  /** Lessons of a namespace that are nearest to a text; never rejects. */
  recall(namespace: string, text: string, most: number, signal: AbortSignal): Promise<Recalled>;
  close(): void;
}

interface Session {
  readonly baseUrl: string;
  readonly certificate: string;
  readonly manager: Http2SessionManager;
}

const callMs = 2000;

/** The memory of an installation, if it has one. */
export function createMemoryClient({ address, namespace, credential }: MemoryClientOptions): MemoryClient {
  let session: Session | undefined;
  const sessionTo = (baseUrl: string, newest: Credential): Session => {
    if (session?.baseUrl === baseUrl && session.certificate === newest.certificate) return session;
    session?.manager.abort();
    session = { baseUrl, certificate: newest.certificate, manager: new Http2SessionManager(baseUrl, {}, dialOptions(mirrorName(namespace), newest)) };
    return session;
  };
  return {
    recall: async (tenant, text, most, signal) => {
      try {
        const at = await address.current();
        if (at === undefined) return { kind: 'none' };
        const { baseUrl, manager } = sessionTo(`https://${at}`, credential());
        const client = createClient(MemoryService, createGrpcTransport({ baseUrl, sessionManager: manager, defaultTimeoutMs: callMs }));
        const { lessonsJson } = await client.recall({ namespace: tenant, text, most }, { signal });
        return { kind: 'told', lessonsJson };
      } catch (error) {
        return { kind: 'lost', message: ConnectError.from(error).message };
      }
    },
    close: () => session?.manager.abort(),
  };
}
