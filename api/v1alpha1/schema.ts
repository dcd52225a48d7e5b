// Building blocks that every kind shares. Each has the bounds that etcd, CEL costs and readers need.
import { z } from 'zod';

/** `x-kubernetes-list-type` markers, passed through to the CRD by the generator. */
export const listType = {
  set: { 'x-kubernetes-list-type': 'set' },
  atomic: { 'x-kubernetes-list-type': 'atomic' },
  mapBy: (key: string) => ({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] }),
} as const;

/** One CEL rule of a CRD: `rule` must hold, else the API server answers with `message`. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
}

/** Attaches CEL rules to a schema; the generator writes them as `x-kubernetes-validations`. */
export function cel(...rules: readonly CelRule[]) {
  return { 'x-kubernetes-validations': rules };
}

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';

/** An RFC 1123 label of up to 40 characters: the name of a task inside a plan. */
export const TaskName = z.string().min(1).max(40).regex(new RegExp(`^${label}$`));

/** An RFC 1123 label of up to 63 characters. */
export const LabelName = z.string().min(1).max(63).regex(new RegExp(`^${label}$`));

/** Name of an object of the same namespace. */
export const ObjectName = z.string().min(1).max(253).regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);

/** Role of an agent, CamelCase: Analyzer, Tester, or a role that an image of yours provides. */
export const AgentType = z.string().min(1).max(40).regex(/^[A-Z][A-Za-z0-9]*$/);

/** A capability such as `python` or `node-24`. */
export const CapabilityName = z.string().min(1).max(63).regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);

/** A key of a label or of an environment, bounded. */
export const Uid = z.string().min(1).max(64);

/** Seconds as a whole number, at most 30 days. */
export const Seconds = z.int().min(0).max(2_592_000);

/** A Kubernetes resource quantity such as `500m` or `1Gi`. */
export const Quantity = z.string().min(1).max(20).regex(/^[0-9]+(\.[0-9]{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/);

/** RFC 3339 time in UTC. */
export const Time = z.string().max(40).meta({ format: 'date-time' });

/** Fencing number of one attempt: order is lexicographic. */
export const Epoch = z
  .object({
    term: z.int().min(0).max(2_147_483_647).describe('Term of the leader that made the assignment.'),
    counter: z.int().min(0).max(2_147_483_647).describe('Running number of the assignment inside its term, from 1.'),
  })
  .describe('Fencing number of the attempt. A result counts only with the number of the current assignment.');
export type Epoch = z.infer<typeof Epoch>;

/** A SHA-256 in lower-case hex. */
export const Sha256 = z.string().length(64).regex(/^[0-9a-f]{64}$/);

/** A blob by reference. */
export const Artifact = z.object({
  name: z.string().min(1).max(63).describe('Name of the artifact inside its task, for example `report.md`.'),
  uri: z.string().min(1).max(256).describe('Where the blob service keeps it: `blob:<namespace uid>/<owner uid>/<sha256>`.'),
  sha256: Sha256.describe('SHA-256 of the bytes, lower-case hex.'),
  sizeBytes: z.int().min(0).max(1_099_511_627_776).describe('Size in bytes.'),
  mediaType: z.string().min(1).max(127).describe('Media type, for example `text/markdown`.'),
});
export type Artifact = z.infer<typeof Artifact>;

/** First field of every status. */
export const ObservedGeneration = z.int().min(0).max(9_007_199_254_740_991).describe('Generation of the spec that this status speaks of.');

/** The condition schema that all kinds share (KEP-1623). */
export const Condition = z.object({
  type: z.string().min(1).max(63).describe('Type of the condition, CamelCase.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('True, False or Unknown.'),
  reason: z.string().min(1).max(63).describe('Why the condition has this status, one CamelCase word from docs/troubleshooting.md.'),
  message: z.string().max(1024).describe('The same for people, with what to do next.'),
  observedGeneration: z.int().min(0).max(9_007_199_254_740_991).optional().describe('Generation of the spec that the condition speaks of.'),
  lastTransitionTime: Time.describe('When the status last changed.'),
});
export type Condition = z.infer<typeof Condition>;

export const Conditions = z.array(Condition).max(16).meta(listType.mapBy('type')).describe('What is true of this object now; docs/troubleshooting.md explains each reason.');

/** Labels that must all be present. */
export const LabelMap = z.record(z.string(), z.string().max(63)).meta({ maxProperties: 16 });

/** What a list needs of every object's metadata; the API server owns its schema. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}
