// Addresses of the installation's servers, as the dev cluster's process node publishes them in endpoints.json.
// In a cluster with pod networking the same addresses come from headless Services.
import { z } from 'zod';

const Address = z.string().regex(/^[A-Za-z0-9.-]{1,253}:[0-9]{1,5}$/).describe('host:port');

export const Endpoints = z.object({
  operators: z.array(z.object({ pod: z.string().min(1).max(253), api: Address, enrolment: Address, work: Address })).max(16),
  blobs: Address.optional(),
  llm: Address.optional(),
  /** Where agents tell the mirror what they do. */
  mirror: Address.optional(),
  /** Where people ask the mirror what happened. */
  history: Address.optional(),
  /** Where the console answers people. */
  console: Address.optional(),
  /** PEM bundle of the installation's CA; absent until the operator has made it. */
  ca: z.string().max(65_536).optional(),
});
export type Endpoints = z.infer<typeof Endpoints>;

/** One operator replica. */
export interface OperatorAddress {
  readonly pod: string;
  readonly api: string;
  readonly enrolment: string;
  readonly work: string;
}

/** Where the operator's replicas are now; asked again at each reconnect. */
export interface OperatorAddresses {
  current(): Promise<readonly OperatorAddress[]>;
}
