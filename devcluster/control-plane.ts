// What the control plane is: its keys, its audit policy and the command line of each component. No process is started here.
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Binaries } from './binaries.ts';
import { ensureFolder, writeFileAtomic } from './files.ts';
import { type ApiAccess, kubeconfigText } from './kubeconfig.ts';
import type { ClusterLayout } from './layout.ts';
import { type Authority, createAuthority, createSigningKey, type Credential, type Subject } from './pki.ts';

/** Loopback ports of a control plane. */
export interface ControlPlanePorts {
  readonly apiserver: number;
  readonly etcdClient: number;
  readonly etcdPeer: number;
}

/** Where the parts of a cluster are for each other. */
export interface ClusterNetwork {
  /** This machine, as pods see it. */
  readonly host: string;
  readonly node: string;
  /** CIDR of Services. */
  readonly services: string;
  /** ClusterIP of the API server: the first of `services`. */
  readonly kubernetes: string;
}

/** Pods that are processes of this machine share its loopback; Services have addresses there that lead nowhere. */
export const loopbackNetwork: ClusterNetwork = { host: '127.0.0.1', node: '127.0.0.1', services: '10.96.0.0/16', kubernetes: '10.96.0.1' };

export interface ControlPlaneOptions {
  readonly binaries: Binaries;
  readonly layout: ClusterLayout;
  readonly ports: ControlPlanePorts;
  readonly network: ClusterNetwork;
  /** Faster and unsafe: etcd does not wait for the disk. */
  readonly unsafeNoFsync: boolean;
}

/** A component's program and arguments. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** Name of the API server's client certificate towards the log server of a node. */
export const kubeletClientName = 'kube-apiserver-kubelet-client';

/** What the starter hands on to the node and to people. */
export interface ClusterKeys {
  readonly admin: ApiAccess;
  readonly node: ApiAccess;
  /** For kube-proxy. */
  readonly proxy: ApiAccess;
  /** TLS server certificate of the node's log server, or kubelet. */
  readonly nodeServing: Credential;
}

const host = '127.0.0.1';

/** Makes all keys and certificates of a new cluster and writes those that the control plane reads. */
export function writeKeys({ layout, ports, network }: ControlPlaneOptions, nodeName: string): ClusterKeys {
  const server = `https://${host}:${ports.apiserver}`;
  ensureFolder(layout.pki);
  const authority = createAuthority('coditect-devcluster');
  // etcd trusts an authority of its own: a certificate for the API server must not open the database behind it.
  const etcdAuthority = createAuthority('coditect-devcluster-etcd');
  const signing = createSigningKey();
  const write = (name: string, content: string) => writeFileAtomic(join(layout.pki, name), content);
  write('ca.crt', authority.certificate);
  write('etcd-ca.crt', etcdAuthority.certificate);
  write('sa.key', signing.privateKey);
  write('sa.pub', signing.publicKey);
  const pair = (name: string, issuer: Authority, subject: Subject) => {
    const credential = issuer.issue(subject);
    write(`${name}.crt`, credential.certificate);
    write(`${name}.key`, credential.key);
  };
  pair('etcd', etcdAuthority, { commonName: 'etcd', usages: ['server', 'client'], hosts: [host] });
  pair('etcd-client', etcdAuthority, { commonName: 'kube-apiserver', usages: ['client'] });
  pair('apiserver', authority, { commonName: 'kube-apiserver', usages: ['server'], hosts: [...new Set([host, network.host, network.kubernetes]), 'localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'] });
  pair('kubelet-client', authority, { commonName: kubeletClientName, usages: ['client'] });
  const access = (commonName: string, organization?: string): ApiAccess => {
    const credential = authority.issue({ commonName, usages: ['client'], ...(organization === undefined ? {} : { organization }) });
    return { server, ca: authority.certificate, ...credential };
  };
  for (const name of ['kube-controller-manager', 'kube-scheduler']) write(`${name}.kubeconfig`, kubeconfigText(name, access(`system:${name}`)));
  return {
    admin: access('coditect-admin', 'system:masters'),
    node: access(`system:node:${nodeName}`, 'system:nodes'),
    proxy: access('system:kube-proxy'),
    nodeServing: authority.issue({ commonName: `system:node:${nodeName}`, organization: 'system:nodes', usages: ['server'], hosts: [network.node] }),
  };
}

/** Writes the audit policy: every answered request once, with who and what but no bodies, so that writes can be counted. */
export function writeAuditPolicy({ auditPolicy }: ClusterLayout): void {
  const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', omitStages: ['RequestReceived', 'ResponseStarted', 'Panic'], rules: [{ level: 'Metadata' }] };
  writeFileAtomic(auditPolicy, stringify(policy));
}

/** Command line of etcd: one member, TLS with client certificates on both ports, since any local user can dial them. */
export function etcdCommand({ binaries, layout, ports, unsafeNoFsync }: ControlPlaneOptions): Command {
  const client = `https://${host}:${ports.etcdClient}`;
  const peer = `https://${host}:${ports.etcdPeer}`;
  const file = (name: string) => join(layout.pki, name);
  const tls = (prefix: string) => [`--${prefix}cert-file=${file('etcd.crt')}`, `--${prefix}key-file=${file('etcd.key')}`, `--${prefix}trusted-ca-file=${file('etcd-ca.crt')}`, `--${prefix}client-cert-auth=true`];
  return {
    file: binaries.etcd,
    args: [
      `--data-dir=${layout.etcdData}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      ...tls(''),
      ...tls('peer-'),
      '--log-level=warn',
      ...(unsafeNoFsync ? ['--unsafe-no-fsync'] : []),
    ],
  };
}

/** Command line of the API server. */
export function apiserverCommand({ binaries, layout, ports, network }: ControlPlaneOptions): Command {
  const file = (name: string) => join(layout.pki, name);
  return {
    file: binaries.kubeApiserver,
    args: [
      `--bind-address=${host}`,
      `--advertise-address=${network.host}`,
      `--secure-port=${ports.apiserver}`,
      `--tls-cert-file=${file('apiserver.crt')}`,
      `--tls-private-key-file=${file('apiserver.key')}`,
      `--client-ca-file=${file('ca.crt')}`,
      `--etcd-servers=https://${host}:${ports.etcdClient}`,
      `--etcd-cafile=${file('etcd-ca.crt')}`,
      `--etcd-certfile=${file('etcd-client.crt')}`,
      `--etcd-keyfile=${file('etcd-client.key')}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=true',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${file('sa.pub')}`,
      `--service-account-signing-key-file=${file('sa.key')}`,
      `--service-cluster-ip-range=${network.services}`,
      ...(network.host === host ? ['--endpoint-reconciler-type=none'] : []), // a loopback address is not a legal endpoint of the Service `kubernetes`
      `--kubelet-certificate-authority=${file('ca.crt')}`,
      `--kubelet-client-certificate=${file('kubelet-client.crt')}`,
      `--kubelet-client-key=${file('kubelet-client.key')}`,
      '--kubelet-preferred-address-types=InternalIP',
      `--audit-policy-file=${layout.auditPolicy}`,
      `--audit-log-path=${layout.auditLog}`,
      '--audit-log-mode=blocking', // an answered request is in the log: counts need no waiting
      '--audit-log-maxsize=2000', // MiB; unset, it starts a new file every 100
      '--profiling=false',
    ],
  };
}

/** Command line of the controller manager. It serves nothing: nobody asks it. */
export function controllerManagerCommand({ binaries, layout }: ControlPlaneOptions): Command {
  return {
    file: binaries.kubeControllerManager,
    args: [
      `--kubeconfig=${join(layout.pki, 'kube-controller-manager.kubeconfig')}`,
      `--service-account-private-key-file=${join(layout.pki, 'sa.key')}`,
      `--root-ca-file=${join(layout.pki, 'ca.crt')}`,
      '--use-service-account-credentials=true',
      '--leader-elect=false',
      '--secure-port=0',
    ],
  };
}

/** Command line of the scheduler. It serves nothing either. */
export function schedulerCommand({ binaries, layout }: ControlPlaneOptions): Command {
  return { file: binaries.kubeScheduler, args: [`--kubeconfig=${join(layout.pki, 'kube-scheduler.kubeconfig')}`, '--leader-elect=false', '--secure-port=0'] };
}
