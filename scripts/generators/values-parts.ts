// Values that many processes have, each said once.
import { z } from 'zod';

/** Whatever Kubernetes takes there. */
export const anyMap = () => z.record(z.string(), z.unknown());
/** A list of it, empty by default. */
export const maps = () => z.array(anyMap()).default([]);

/** The image of a process. */
export const image = (repository: string) =>
  z
    .strictObject({
      repository: z.string().min(1).default(repository).describe('Name of the image, with its host.'),
      tag: z.string().default('').describe('Tag. Empty: the version of the chart\'s app.'),
      digest: z.string().regex(/^(sha256:[0-9a-f]{64})?$/).default('').describe('Digest such as `sha256:...`; wins over the tag.'),
      pullPolicy: z.enum(['IfNotPresent', 'Always', 'Never']).default('IfNotPresent').describe('When the kubelet pulls.'),
    })
    .describe('Image of the process.');

/** Texts by name. */
export const annotations = (what: string) => z.record(z.string(), z.string()).default({}).describe(what);

/** What people may say about the pods of a process. */
export const placement = (resources: object, spreads: object[] = []) => ({
  resources: anyMap().default({ ...resources }).describe('Requests and limits.'),
  nodeSelector: anyMap().default({}).describe('Labels of the nodes that may run it.'),
  tolerations: maps().describe('Taints it tolerates.'),
  affinity: anyMap().default({}).describe('Affinity of its pods.'),
  topologySpreadConstraints: z.array(anyMap()).default(spreads as Record<string, unknown>[]).describe('How its pods spread over zones and nodes.'),
  priorityClassName: z.string().default('').describe('PriorityClass of its pods.'),
  podAnnotations: annotations('Annotations of its pods.'),
  serviceAccountAnnotations: annotations('Annotations of its ServiceAccount, for example for the identity of a cloud.'),
  extraEnv: maps().describe('Further environment; docs/reference/config.md lists the settings.'),
});
