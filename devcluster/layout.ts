// Where the files of one cluster are. Two trees: a private one (keys, etcd, logs) and one that pods can traverse (images, volumes, addresses).
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Folders and files of one cluster. */
export interface ClusterLayout {
  /** 0700: nobody but the starter enters it. */
  readonly folder: string;
  readonly record: string;
  readonly pki: string;
  /** Records of running components, one file each. */
  readonly run: string;
  readonly logs: string;
  readonly etcdData: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly kubeconfig: string;
  /** Logs of containers. */
  readonly podLogs: string;
  readonly nodeConfig: string;
  /** Files of a node with real pods. */
  readonly node: string;
  /** Processes of containers, so that they can be ended when the node is gone. */
  readonly ledger: string;
  /** Pods reach into this tree; only the starter writes it. */
  readonly runtime: string;
  readonly images: string;
  readonly pods: string;
  readonly endpoints: string;
}

/** `runtime` lies elsewhere only for root, whose cache pods cannot enter. */
export function layoutOf(folder: string, runtime: string): ClusterLayout {
  const inside = (name: string) => join(folder, name);
  return {
    folder,
    record: inside('cluster.json'),
    pki: inside('pki'),
    run: inside('run'),
    logs: inside('logs'),
    etcdData: inside('etcd'),
    auditPolicy: inside('audit-policy.yaml'),
    auditLog: inside('audit.log'),
    kubeconfig: inside('kubeconfig'),
    podLogs: inside('pod-logs'),
    nodeConfig: inside('process-node.json'),
    node: inside('node'),
    ledger: inside('containers.json'),
    runtime,
    images: join(runtime, 'images'),
    pods: join(runtime, 'pods'),
    endpoints: join(runtime, 'endpoints.json'),
  };
}

/** Root's folder for what pods may see. Root owns its parent, so nobody can be there first, as in a shared /tmp. */
export const rootRuntimeFolder = '/var/lib/coditect';

/** Default runtime folder of a cluster folder. */
export function runtimeFolderOf(folder: string, isRoot: boolean): string {
  if (!isRoot) return join(folder, 'runtime');
  return join(rootRuntimeFolder, createHash('sha256').update(folder).digest('hex').slice(0, 12));
}
