// What the smoke test applies.

/** A pod that uses most of what the process node can do. */
export const app = `
apiVersion: v1
kind: ConfigMap
metadata: { name: config }
data: { key: from-config }
---
apiVersion: v1
kind: Secret
metadata: { name: secret }
stringData: { key: from-secret }
---
apiVersion: v1
kind: Pod
metadata: { name: app }
spec:
  terminationGracePeriodSeconds: 10
  initContainers:
    - name: init
      image: smoke/app:1
      command: [sh, -c, 'echo was-here > /data/sub/file']
      volumeMounts: [{ name: data, mountPath: /data }, { name: data, mountPath: /data/sub, subPath: sub }]
  containers:
    - name: app
      image: smoke/app:1
      ports: [{ name: health, containerPort: 8080 }]
      env:
        - { name: CONFIG, valueFrom: { configMapKeyRef: { name: config, key: key } } }
        - { name: SECRET, valueFrom: { secretKeyRef: { name: secret, key: key } } }
        - { name: POD_NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
        - { name: TOKEN_FILE, value: /var/run/coditect/token }
        - { name: INIT_FILE, value: /data/file }
      securityContext: { allowPrivilegeEscalation: false }
      startupProbe: { tcpSocket: { port: health }, periodSeconds: 1 }
      readinessProbe: { httpGet: { path: /, port: 8080 } }
      livenessProbe: { exec: { command: [test, -e, /var/run/coditect/token] }, periodSeconds: 1 }
      volumeMounts:
        - { name: data, mountPath: /data, subPath: sub }
        - { name: token, mountPath: /var/run/coditect, readOnly: true }
  volumes:
    - { name: data, emptyDir: {} }
    - name: token
      projected: { sources: [{ serviceAccountToken: { audience: coditect, expirationSeconds: 600, path: token } }] }
`;

/** A pod whose container always fails. */
export const crasher = `
apiVersion: v1
kind: Pod
metadata: { name: crasher }
spec: { containers: [{ name: app, image: smoke/app:1, env: [{ name: CRASH, value: 'yes' }] }] }
`;

/** A pod that asks for what the process node refuses. */
export const forbidden = `
apiVersion: v1
kind: Pod
metadata: { name: forbidden }
spec: { hostNetwork: true, containers: [{ name: app, image: smoke/app:1 }] }
`;

/** A pod whose image the node does not have. */
export const unknownImage = `
apiVersion: v1
kind: Pod
metadata: { name: unknown }
spec: { containers: [{ name: app, image: nobody/knows:1 }] }
`;

/** A definition, with an object of it before it. */
export const definition = `
apiVersion: example.org/v1
kind: Thing
metadata: { name: first }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.org }
spec:
  group: example.org
  scope: Namespaced
  names: { plural: things, kind: Thing }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }]
`;

/** What stands for an operator here: three named ports, and a CA that every authenticated user may read. */
export const operator = `
apiVersion: v1
kind: Namespace
metadata: { name: coditect-system }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: ca, namespace: coditect-system }
rules: [{ apiGroups: [''], resources: [configmaps], resourceNames: [coditect-ca], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: ca, namespace: coditect-system }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: ca }
subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'system:authenticated' }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: coditect-ca, namespace: coditect-system }
data: { ca.crt: its-ca }
---
apiVersion: v1
kind: Pod
metadata: { name: operator }
spec:
  containers:
    - name: app
      image: smoke/app:1
      ports: [{ name: api, containerPort: 9443 }, { name: work, containerPort: 9444 }, { name: enrolment, containerPort: 9445 }]
`;
