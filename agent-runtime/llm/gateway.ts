// The way to the LLM gateway: connections with the agent's own certificate, made anew when it was renewed or the gateway has moved.
import { llmHeaders } from '#api/llm.ts';
import type { ConversationAnswer, LlmClientOptions, LlmConversations } from '#platform/anthropic/client.ts';
import { createDialer } from '#platform/anthropic/dialer.ts';
import type { ConversationRequest } from '#platform/anthropic/conversation.ts';
import { messageOf } from '#platform/errors.ts';
import type { ServerAddress } from '#platform/rpc/addresses.ts';
import type { Credential } from '#platform/rpc/certificates.ts';
import { llmGatewayName } from '#platform/rpc/tls.ts';

export interface GatewayOptions {
  readonly address: ServerAddress;
  /** Namespace of the installation. */
  readonly namespace: string;
  /** The newest certificate; undefined before the first. */
  readonly credential: () => Credential | undefined;
  readonly dial: (options: LlmClientOptions) => LlmConversations;
}

/** One try at a question. */
export type AskGateway = (request: ConversationRequest, grant: string, signal: AbortSignal) => Promise<ConversationAnswer>;

/** The gateway for one agent; never rejects. */
export function createGateway({ address, namespace, credential, dial }: GatewayOptions): { readonly ask: AskGateway; readonly close: () => Promise<void> } {
  const dialer = createDialer(dial);
  return {
    ask: async (request, grant, signal) => {
      const [at, newest] = [await whereIs(address), credential()];
      if (typeof at !== 'string') return at;
      if (newest === undefined) return later('there is no certificate yet');
      const { caBundle: ca, certificate: cert, key } = newest;
      return dialer.to({ baseUrl: `https://${at}`, tls: { ca, cert, key, servername: llmGatewayName(namespace) } }).converse(request, { headers: { [llmHeaders.grant]: grant }, signal });
    },
    close: () => dialer.close(),
  };
}

const lookAgainMs = 2000;

async function whereIs(address: ServerAddress): Promise<string | ConversationAnswer> {
  try {
    return (await address.current()) ?? later('it has no address yet');
  } catch (error) {
    return later(messageOf(error));
  }
}

function later(why: string): ConversationAnswer {
  return { kind: 'later', retryAfterMs: lookAgainMs, message: `cannot reach the LLM gateway: ${why}` };
}
