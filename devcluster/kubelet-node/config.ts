// What the programs of the node are told: files and arguments, all with the paths that the node itself sees. Nothing is started here.
import { stringify } from 'yaml';
import type { Plot } from './plot.ts';

/** Paths inside the node; machine.sh puts them there. */
export const inside = {
  settings: '/node/settings',
  networks: '/node/settings/networks',
  socket: '/run/containerd/containerd.sock',
} as const;

/** PATH of the node's programs. */
export const nodePath = '/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Image of the first process of every pod. */
export const pauseImage = 'local.coditect.ai/pause:1';

/** Name of the Node object. */
export const kubeletNodeName = 'kubelet-node';

/** Settings of containerd. */
export function containerdConfig(): string {
  return `version = 3
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${pauseImage}"
[plugins."io.containerd.cri.v1.runtime"]
  # Lower values need CAP_SYS_RESOURCE, which root of a container or of a small machine often lacks.
  restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["/usr/lib/cni", "/opt/cni/bin"]
  conf_dir = "${inside.networks}"
# Optional software would be kept in a folder of the machine.
[plugins."io.containerd.internal.v1.opt"]
  path = "/run/containerd/opt"
`;
}

/**
 * Network of pods: each has a wire of its own to the node and is routed there. On a bridge, answers between neighbours would go past
 * the rules that Services are made of, unless the kernel has br_netfilter.
 */
export function networkConfig({ pods }: Plot): string {
  const ipam = { type: 'host-local', dataDir: '/run/cni', ranges: [[{ subnet: pods }]], routes: [{ dst: '0.0.0.0/0' }] };
  return JSON.stringify({ cniVersion: '1.0.0', name: 'pods', plugins: [{ type: 'ptp', ipam }, { type: 'portmap', capabilities: { portMappings: true } }] });
}

/** Settings of the kubelet; `group` is the name of the node's control group in every hierarchy. */
export function kubeletConfig(plot: Plot, group: string): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: plot.node,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: `${inside.settings}/ca.crt` } },
    authorization: { mode: 'Webhook' },
    tlsCertFile: `${inside.settings}/kubelet.crt`,
    tlsPrivateKeyFile: `${inside.settings}/kubelet.key`,
    readOnlyPort: 0,
    containerRuntimeEndpoint: `unix://${inside.socket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${group}`,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    protectKernelDefaults: true, // machine.sh shows it the values that it wants; writing them would change this machine
    resolvConf: '', // there is no DNS server: names fail at once instead of after a timeout
    // The disk is the one of whoever works on this machine, and pods have nothing on it that is worth removing.
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%', 'imagefs.inodesFree': '0%' },
    localStorageCapacityIsolation: true,
    maxPods: 250,
  });
}

/** Arguments of the kubelet. */
export function kubeletArguments(plot: Plot): readonly string[] {
  return [`--config=${inside.settings}/kubelet.yaml`, `--kubeconfig=${inside.settings}/kubelet.kubeconfig`, `--hostname-override=${kubeletNodeName}`, `--node-ip=${plot.node}`];
}

/** Arguments of kube-proxy; 0 leaves limits of connection tracking as they are, since they are the machine's. */
export function proxyArguments(plot: Plot): readonly string[] {
  return [
    `--kubeconfig=${inside.settings}/kube-proxy.kubeconfig`,
    `--hostname-override=${kubeletNodeName}`,
    '--proxy-mode=iptables',
    `--cluster-cidr=${plot.pods}`,
    `--bind-address=${plot.node}`,
    '--healthz-bind-address=127.0.0.1:10256',
    '--metrics-bind-address=127.0.0.1:10249',
    '--conntrack-max-per-core=0',
    '--conntrack-min=0',
    '--conntrack-tcp-timeout-established=0',
    '--conntrack-tcp-timeout-close-wait=0',
    '--oom-score-adj=0',
  ];
}
