// Rendered objects as the policies see them: any kind, and the pods inside.

/** Any object of a manifest. */
export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly rules?: readonly PolicyRule[];
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[];
}

/** A rule of a Role or ClusterRole. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly securityContext?: Readonly<Record<string, unknown>>;
  readonly resources?: { readonly requests?: Readonly<Record<string, string>>; readonly limits?: Readonly<Record<string, string>> };
  readonly ports?: readonly { readonly hostPort?: number }[];
  readonly livenessProbe?: object;
  readonly readinessProbe?: object;
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: { readonly secretKeyRef?: object } }[];
}

/** A pod inside an object. */
export interface PodView {
  /** `Deployment coditect-operator`. */
  readonly owner: string;
  /** True for pods that serve until they are told to end. */
  readonly isServing: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: {
    readonly serviceAccountName?: string;
    readonly automountServiceAccountToken?: boolean;
    readonly hostNetwork?: boolean;
    readonly hostPID?: boolean;
    readonly hostIPC?: boolean;
    readonly securityContext?: Readonly<Record<string, unknown>>;
    readonly volumes?: readonly Readonly<Record<string, unknown>>[];
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
}

/** `Kind name`. */
export function called({ kind, metadata }: RenderedObject): string {
  return `${kind} ${metadata.name}`;
}

/** Every pod that these objects make, with who makes it. */
export function podsIn(objects: readonly RenderedObject[]): readonly PodView[] {
  return objects.flatMap((object): PodView[] => {
    const { spec } = object;
    const owner = called(object);
    type Template = { readonly metadata?: { readonly labels?: PodView['labels']; readonly annotations?: PodView['annotations'] }; readonly spec: PodView['spec'] };
    const made = (template: Template, isServing: boolean) => [{ owner, isServing, labels: template.metadata?.labels ?? {}, annotations: template.metadata?.annotations ?? {}, spec: template.spec }];
    if (object.kind === 'Pod') return made({ metadata: object.metadata, spec: spec as unknown as PodView['spec'] }, false);
    if (object.kind === 'Deployment' || object.kind === 'StatefulSet') return made((spec ?? {})['template'] as Template, true);
    if (object.kind === 'CronJob') return made(((spec ?? {})['jobTemplate'] as { spec: { template: Template } }).spec.template, false);
    return [];
  });
}

/** Containers of a pod, those that run before it included. */
export function containersOf({ spec }: PodView): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}
