import { expect, test } from 'vitest';
import type { Pod } from './pod.ts';
import { refusals, unenforced } from './policy.ts';

const aPod = (spec: object, container: object = {}): Pod => ({ metadata: { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1' }, spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec } as Pod['spec'] });

const refused: Record<string, { pod: Pod; want: readonly string[] }> = {
  'an ordinary pod can run': { pod: aPod({ volumes: [{ name: 'v', emptyDir: {} }, { name: 't', projected: { sources: [] } }] }), want: [] },
  'fields that are false are not set': { pod: aPod({ hostNetwork: false, hostPID: false }, { securityContext: { privileged: false } }), want: [] },
  'the host\'s namespaces': { pod: aPod({ hostNetwork: true, hostPID: true, hostIPC: true }), want: ['spec.hostNetwork is set', 'spec.hostPID is set', 'spec.hostIPC is set'] },
  'a runtime class promises isolation': { pod: aPod({ runtimeClassName: 'gvisor' }), want: ['spec.runtimeClassName is set'] },
  'privileged containers': { pod: aPod({}, { securityContext: { privileged: true } }), want: ['container c: is privileged'] },
  'privileged init containers': { pod: aPod({ initContainers: [{ name: 'i', image: 'i', securityContext: { privileged: true } }] }), want: ['container i: is privileged'] },
  'sidecars': { pod: aPod({ initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Always' }] }), want: ['container i: is a sidecar (restartPolicy of its own)'] },
  'paths of the host': { pod: aPod({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }), want: ['volume v: hostPath is not supported'] },
  'persistent volumes and kinds nobody knew': { pod: aPod({ volumes: [{ name: 'v', persistentVolumeClaim: {} }, { name: 'w', future: {} }] }), want: ['volume v: persistentVolumeClaim is not supported', 'volume w: future is not supported'] },
  'block devices': { pod: aPod({}, { volumeDevices: [] }), want: ['container c: volumeDevices is set'] },
  'a mount over everything': { pod: aPod({}, { volumeMounts: [{ name: 'v', mountPath: '/' }] }), want: ['container c: mount path / is not a folder of its own'] },
  'a sub path that leaves its volume': { pod: aPod({}, { volumeMounts: [{ name: 'v', mountPath: '/d', subPath: '../x' }] }), want: ['container c: mount path /d is not a folder of its own'] },
  'grpc probes': { pod: aPod({}, { livenessProbe: { grpc: { port: 1 } } }), want: ['container c: livenessProbe uses grpc'] },
};
test.each(Object.entries(refused))('%s', (_, { pod, want }) => {
  expect(refusals(pod)).toEqual(want);
});

const ignored: Record<string, { pod: Pod; want: readonly string[] }> = {
  'network policies are named always': { pod: aPod({}), want: ['NetworkPolicy'] },
  'empty objects and defaults are not named': { pod: aPod({ securityContext: {} }, { resources: {}, terminationMessagePath: '/dev/termination-log' }), want: ['NetworkPolicy'] },
  'security and limits are named once': {
    pod: aPod({ securityContext: { runAsNonRoot: true }, volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Gi' } }] }, { securityContext: { readOnlyRootFilesystem: true }, resources: { limits: { cpu: '1' } }, ports: [{ containerPort: 1, hostPort: 1 }] }),
    want: ['NetworkPolicy', 'containers[].ports[].hostPort', 'containers[].resources', 'containers[].securityContext', 'spec.securityContext', 'volumes[].emptyDir.sizeLimit'],
  },
  'a working folder counts only inside a volume': { pod: aPod({}, { workingDir: '/srv', volumeMounts: [{ name: 'v', mountPath: '/data' }] }), want: ['NetworkPolicy', 'containers[].workingDir'] },
  'a working folder inside a volume is real': { pod: aPod({}, { workingDir: '/data/x', volumeMounts: [{ name: 'v', mountPath: '/data' }] }), want: ['NetworkPolicy'] },
};
test.each(Object.entries(ignored))('%s', (_, { pod, want }) => {
  expect(unenforced(pod)).toEqual(want);
});
