// The SDK as we use it: no retries (whoever calls decides), no logs (they would hold prompts), connections of our own.
import Anthropic from '@anthropic-ai/sdk';
import { Agent, fetch as undiciFetch } from 'undici';

export interface SdkOptions {
  readonly baseUrl: string;
  /** Longest call, in milliseconds. */
  readonly callMs: number;
  /** Longest silence inside an answer, in milliseconds. */
  readonly idleMs: number;
  readonly tls?: SdkTls;
}

/** Whom to trust as the server, and what to show it; all PEM. */
export interface SdkTls {
  readonly ca: string;
  readonly key: string;
  readonly cert: string;
  readonly servername: string;
}

export interface Sdk {
  readonly anthropic: Anthropic;
  /** Waits for calls in flight. */
  readonly close: () => Promise<void>;
  /** Cuts calls in flight. */
  readonly destroy: () => Promise<void>;
}

const connectMs = 10_000;

/** An SDK on connections of its own. It knows no key: who has one sends it as a header of the call. */
export function createSdk({ baseUrl, callMs, idleMs, tls }: SdkOptions): Sdk {
  const dispatcher = new Agent({ headersTimeout: callMs, bodyTimeout: idleMs, connect: { timeout: connectMs, ...(tls === undefined ? {} : { ...tls, minVersion: 'TLSv1.3' as const }) } });
  // Node's own fetch does not take a dispatcher of another version of undici.
  const fetch = ((url: string, init?: object) => undiciFetch(url, { ...init, dispatcher })) as unknown as typeof globalThis.fetch;
  const anthropic = new Anthropic({ baseURL: baseUrl, apiKey: 'none', authToken: null, fetch, maxRetries: 0, timeout: callMs, logLevel: 'off' });
  return { anthropic, close: () => dispatcher.close(), destroy: () => dispatcher.destroy() };
}
