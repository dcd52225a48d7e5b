// What the API server itself checks of an Approval: nobody speaks for another. Who may speak at all is a matter of RBAC.
import { names } from '#api/labels.ts';
import { approvals } from '#api/v1alpha1/kinds.ts';
import type { NewObject } from '#platform/kube/types.ts';

const admission = 'admissionregistration.k8s.io/v1';

/** Policy and binding, for every namespace. Without them anybody who may create an Approval could write the name of somebody else into it. */
export function approverPolicy(): NewObject[] {
  const { group, version, plural } = approvals;
  return [
    {
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: names.approver },
      spec: {
        failurePolicy: 'Fail',
        // An update needs no rule: the CRD lets nobody change a spec.
        matchConstraints: { resourceRules: [{ apiGroups: [group], apiVersions: [version], operations: ['CREATE'], resources: [plural] }] },
        validations: [
          {
            expression: 'object.spec.approver == request.userInfo.username',
            message: 'spec.approver must be your own username: kubectl auth whoami',
            messageExpression: '"spec.approver must be your own username, " + request.userInfo.username',
          },
        ],
      },
    },
    { apiVersion: admission, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: names.approver }, spec: { policyName: names.approver, validationActions: ['Deny'] } },
  ];
}
