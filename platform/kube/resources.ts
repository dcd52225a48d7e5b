// The resources of Kubernetes itself that this house uses. Ours are in api/v1alpha1/kinds.ts.
import type { ResourceType } from '#api/v1alpha1/kinds.ts';

const core = { group: '', version: 'v1' } as const;

export const pods: ResourceType = { ...core, kind: 'Pod', plural: 'pods', namespaced: true };
export const nodes: ResourceType = { ...core, kind: 'Node', plural: 'nodes', namespaced: false };
export const namespaces: ResourceType = { ...core, kind: 'Namespace', plural: 'namespaces', namespaced: false };
export const configMaps: ResourceType = { ...core, kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
export const secrets: ResourceType = { ...core, kind: 'Secret', plural: 'secrets', namespaced: true };
export const leases: ResourceType = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases', namespaced: true };
export const events: ResourceType = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
export const tokenReviews: ResourceType = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenReview', plural: 'tokenreviews', namespaced: false };
export const subjectAccessReviews: ResourceType = { group: 'authorization.k8s.io', version: 'v1', kind: 'SubjectAccessReview', plural: 'subjectaccessreviews', namespaced: false };
