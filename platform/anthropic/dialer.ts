// Connections to the gateway, made anew when it has moved or a certificate was renewed.
import type { SdkTls } from './sdk.ts';
import type { LlmClientOptions } from './client.ts';

/** Where the gateway is, and what is shown and trusted there. */
export type Destination = Pick<LlmClientOptions, 'baseUrl' | 'tls'>;

export interface Dialer<C> {
  to(destination: Destination): C;
  /** Closes what is open; calls in flight end first. */
  close(): Promise<void>;
}

/** A dialer that keeps the newest connections and closes those before. */
export function createDialer<C extends { close(): Promise<void> }>(dial: (options: Destination) => C): Dialer<C> {
  let open: { readonly destination: Destination; readonly client: C } | undefined;
  return {
    to: (destination) => {
      if (open !== undefined && isSame(open.destination, destination)) return open.client;
      void open?.client.close();
      open = { destination, client: dial(destination) };
      return open.client;
    },
    close: async () => open?.client.close(),
  };
}

const shown = ['ca', 'cert', 'key', 'servername'] as const satisfies readonly (keyof SdkTls)[];

function isSame(one: Destination, other: Destination): boolean {
  return one.baseUrl === other.baseUrl && shown.every((part) => one.tls[part] === other.tls[part]);
}
