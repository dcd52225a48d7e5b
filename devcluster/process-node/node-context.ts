// What a node hands to each of its pods.
import type { ApiClient } from '../api-client.ts';
import type { Ledger } from '../ledger.ts';
import type { NodeConfig } from './config.ts';
import type { ContainerLog } from './container-log.ts';
import type { TellEvent } from './events.ts';
import type { Users } from './users.ts';

/** What all pods of a node share. */
export interface NodeContext {
  readonly config: NodeConfig;
  readonly client: ApiClient;
  readonly users: Users;
  readonly ledger: Ledger;
  readonly tell: TellEvent;
  readonly now: () => number;
  /** Log of a container, made when it is first asked for. */
  readonly logOf: (container: string) => ContainerLog;
  readonly takePorts: (count: number) => Promise<readonly number[]>;
  readonly givePortsBack: (ports: Iterable<number>) => void;
  /** Called when ports or running containers of any pod changed. */
  readonly changed: () => void;
}
