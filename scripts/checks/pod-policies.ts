// What every pod of ours must be, one line a rule. More than Pod Security "restricted" asks for, and checked without a cluster.
import { containersOf, type Container, type PodView } from './policy-objects.ts';

/** Says what is wrong with a pod, or nothing. */
export type PodPolicy = (pod: PodView) => readonly string[];

const each = (pod: PodView, isWrong: (container: Container) => boolean, what: string) => containersOf(pod).filter(isWrong).map(({ name }) => `container ${name} ${what}`);
const secure = ({ securityContext = {} }: Container) => securityContext;
const droppedBy = (container: Container) => (secure(container)['capabilities'] as { drop?: readonly string[]; add?: readonly string[] } | undefined) ?? {};
const userOf = ({ spec }: PodView) => spec.securityContext?.['runAsUser'];

/** The rules by name; each has a fixture that breaks it. */
export const podPolicies: Readonly<Record<string, PodPolicy>> = {
  'no pod shares a namespace of its node': ({ spec }) => (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true).map((field) => `sets ${field}`),
  'no pod sees a folder of its node': ({ spec }) => (spec.volumes ?? []).filter((volume) => volume['hostPath'] !== undefined).map((volume) => `mounts the host as ${String(volume['name'])}`),
  'no container takes a port of its node': (pod) => each(pod, ({ ports }) => ports?.some(({ hostPort }) => hostPort !== undefined) === true, 'takes a port of its node'),
  'every pod runs as a numeric user that is not root': (pod) => (pod.spec.securityContext?.['runAsNonRoot'] === true && Number.isInteger(userOf(pod)) && userOf(pod) !== 0 ? [] : ['may run as root']),
  'every pod has the seccomp profile of the runtime': ({ spec }) => ((spec.securityContext?.['seccompProfile'] as { type?: string } | undefined)?.type === 'RuntimeDefault' ? [] : ['has no seccomp profile']),
  'no container is privileged or gains privileges': (pod) => each(pod, (container) => secure(container)['privileged'] === true || secure(container)['allowPrivilegeEscalation'] !== false, 'may gain privileges'),
  'every container drops all capabilities': (pod) => each(pod, (container) => droppedBy(container).drop?.includes('ALL') !== true || (droppedBy(container).add ?? []).length > 0, 'has capabilities'),
  'every root file system is read-only': (pod) => each(pod, (container) => secure(container)['readOnlyRootFilesystem'] !== true, 'may write to its root'),
  'every container asks for cpu and memory and has a limit of memory': (pod) => each(pod, ({ resources }) => resources?.requests?.['cpu'] === undefined || resources.requests['memory'] === undefined || resources.limits?.['memory'] === undefined, 'lacks a request or the limit of memory'),
  'every serving container has both probes': (pod) => (pod.isServing ? each({ ...pod, spec: { ...pod.spec, initContainers: [] } }, ({ livenessProbe, readinessProbe }) => livenessProbe === undefined || readinessProbe === undefined, 'lacks a probe') : []),
  'no image floats': (pod) => each(pod, ({ image = '' }) => !/(@sha256:[0-9a-f]{64}|:[^/:]+)$/.test(image) || image.endsWith(':latest'), 'has an image without version'),
  'no secret is in the environment': (pod) => each(pod, ({ env = [] }) => env.some(({ name, value, valueFrom }) => valueFrom?.secretKeyRef !== undefined || ((value ?? '') !== '' && /(KEY|TOKEN|PASSWORD|SECRET)$/.test(name))), 'has a secret in its environment'),
};
