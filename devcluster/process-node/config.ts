// What a process node is told at its start: one JSON file, written by the cluster's starter and readable by it alone.
import type { Images } from '../images.ts';
import type { ApiAccess } from '../kubeconfig.ts';
import type { Credential } from '../pki.ts';
import type { UserBlock } from '../pod-users.ts';

export interface NodeConfig {
  readonly nodeName: string;
  /** Access as system:node:<nodeName>. */
  readonly api: ApiAccess;
  /** TLS identity and port of the log server, and the one client it answers. */
  readonly serving: Credential & { readonly port: number; readonly clientName: string };
  readonly images: Images;
  /** Its `bin` comes first on the PATH of containers. */
  readonly imagesFolder: string;
  /** The rest of the PATH of containers. */
  readonly programPath: string;
  readonly podsFolder: string;
  readonly logsFolder: string;
  readonly ledgerFile: string;
  readonly endpointsFile: string;
  /** Namespace of the installation, where its CA is published. */
  readonly systemNamespace: string;
  /** User ids for pods; absent when the node does not run as root, so that pods share its user. */
  readonly users?: UserBlock;
  /** Overrides what the host has, as Kubernetes quantities. */
  readonly capacity?: { readonly cpu?: string; readonly memory?: string };
}
