import { parse } from 'yaml';
import { expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubernetesVersion } from '../settings.ts';
import { containerdConfig, kubeletArguments, kubeletConfig, networkConfig, pauseImage, proxyArguments } from './config.ts';
import { fullName } from './image/name.ts';
import { plotOf } from './plot.ts';

const plot = plotOf(3);

test('nobody without a certificate or token is served by the kubelet, and it asks the API server what each may do', () => {
  const config = parse(kubeletConfig(plot, 'coditect-abc')) as Record<string, unknown>;
  expect(config).toMatchObject({ authentication: { anonymous: { enabled: false } }, authorization: { mode: 'Webhook' }, readOnlyPort: 0, cgroupRoot: '/coditect-abc', address: plot.node });
});

test('the kubelet is not to change the kernel of this machine, and the machine shows it each value that it wants', () => {
  const script = readFileSync(join(import.meta.dirname, 'machine.sh'), 'utf8');
  expect(parse(kubeletConfig(plot, 'g'))).toMatchObject({ protectKernelDefaults: true });
  for (const setting of ['vm/overcommit_memory=1', 'vm/panic_on_oom=0', 'kernel/panic=10', 'kernel/panic_on_oops=1', 'kernel/keys/root_maxkeys=1000000', 'kernel/keys/root_maxbytes=25000000']) expect(script).toContain(setting);
});

test('pods, kubelet and kube-proxy agree about addresses', () => {
  const { plugins } = JSON.parse(networkConfig(plot)) as { plugins: [{ ipam: { ranges: readonly [readonly [{ subnet: string }]] } }] };
  expect(plugins[0].ipam.ranges[0][0].subnet).toBe(plot.pods);
  expect(proxyArguments(plot)).toContain(`--cluster-cidr=${plot.pods}`);
  expect(kubeletArguments(plot)).toContain(`--node-ip=${plot.node}`);
});

test('the pinned image of containerd is named in full, as it is imported', () => {
  expect(fullName(pauseImage)).toBe(pauseImage);
  expect(containerdConfig()).toContain(`sandbox = "${pauseImage}"`);
});

test('the node has the Kubernetes of the control plane, staging modules too', () => {
  const versions = (file: string): readonly string[] => readFileSync(join(import.meta.dirname, file), 'utf8').split('\n').filter((line) => line.includes(' => k8s.io/'));
  const node = 'kubernetes/go.mod';
  expect(versions(node).length).toBeGreaterThan(30);
  expect(versions(node)).toEqual(versions('../go.mod'));
  expect(readFileSync(join(import.meta.dirname, node), 'utf8')).toContain(`k8s.io/kubernetes v${kubernetesVersion}`);
});
