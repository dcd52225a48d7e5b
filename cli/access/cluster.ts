// What a command needs of the user's cluster, as a port. kubeconfig.ts makes the real one.
import type { KubeClient } from '#platform/kube/types.ts';
import type { MissionFeed } from '../world/feed.ts';
import type { MissionView } from '#domain/mission/view.ts';
import type { TunnelSocket } from './port-forward.ts';

export interface Cluster {
  readonly client: KubeClient;
  /** Namespace that commands work in. */
  readonly namespace: string;
  /** Namespace of the installation. */
  readonly operatorNamespace: string;
  /** Folder of the kubeconfig, where a dev cluster keeps endpoints.json. */
  readonly folder: string | undefined;
  /** The same connection for another namespace. */
  inNamespace(namespace: string): Cluster;
  /** The user's own bearer token; undefined when the kubeconfig has another credential. */
  token(): Promise<string | undefined>;
  /** WebSocket to a path of the API server, with the user's credential. */
  socket(path: string, protocol: string): Promise<TunnelSocket>;
  /** A mission and its tasks now; undefined when there is no such mission. */
  read(name: string): Promise<MissionView | undefined>;
  /** Watches a mission and its tasks; undefined when there is no such mission. */
  watch(name: string): Promise<MissionFeed | undefined>;
  close(): Promise<void>;
}
