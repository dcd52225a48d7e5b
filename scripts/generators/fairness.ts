// What the API server does first when it is busy: leases before all else, our processes in a queue of their own, so that neither they nor others starve.
import { names } from '#api/labels.ts';
import type { NewObject } from '#platform/kube/types.ts';
import { type Asker, leaseRule } from './rbac.ts';

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
const ours = 'coditect';

/** FlowSchemas and the priority level of an installation in `namespace`. */
export function fairness(namespace: string): NewObject[] {
  return [leaseFlowSchema(namespace), priorityLevel(), processFlowSchema(namespace)];
}

/** Renewals of the leader lease must not wait behind anybody's lists: a lease lost to a busy API server restarts the operator, or the mirror. */
function leaseFlowSchema(namespace: string): NewObject {
  const rules = [{ subjects: accounts(['operator', 'mirror'], namespace), resourceRules: [{ ...leaseRule, namespaces: [namespace] }] }];
  return flowSchema('coditect-leader-election', { priorityLevelConfiguration: { name: 'leader-election' }, matchingPrecedence: 200, rules });
}

/** As many shares as workload-high, the level of the cluster's own controllers; half of what is idle is lent to others. */
function priorityLevel(): NewObject {
  const limitResponse = { type: 'Queue', queuing: { queues: 16, handSize: 4, queueLengthLimit: 100 } };
  return { apiVersion, kind: 'PriorityLevelConfiguration', metadata: { name: ours }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 40, lendablePercent: 50, limitResponse } } };
}

function processFlowSchema(namespace: string): NewObject {
  const verbs = ['get', 'list', 'watch', 'create', 'patch', 'delete'];
  const resourceRules = [{ apiGroups: ['*'], resources: ['*'], verbs, namespaces: ['*'], clusterScope: true }];
  const rules = [{ subjects: accounts(['operator', 'blobs', 'llmGateway', 'mirror', 'console'], namespace), resourceRules }];
  return flowSchema(ours, { priorityLevelConfiguration: { name: ours }, matchingPrecedence: 1000, rules });
}

function flowSchema(name: string, spec: object): NewObject {
  return { apiVersion, kind: 'FlowSchema', metadata: { name }, spec: { ...spec, distinguisherMethod: { type: 'ByUser' } } };
}

function accounts(askers: readonly Asker[], namespace: string) {
  return askers.map((asker) => ({ kind: 'ServiceAccount', serviceAccount: { name: names[asker], namespace } }));
}
