// What Flux, Helm 4 and kpt make of an object: the generic rules of kstatus (kubernetes-sigs/cli-utils, pkg/kstatus/status), as an oracle for tests.

export type Kstatus = 'Current' | 'InProgress' | 'Failed' | 'Terminating';

interface ReadObject {
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: { readonly observedGeneration?: number | undefined; readonly conditions?: readonly { readonly type: string; readonly status: string }[] | undefined } | undefined;
}

/** The status kstatus computes for a custom resource. */
export function kstatus({ metadata, status }: ReadObject): Kstatus {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation) return 'InProgress';
  const is = (type: string) => status?.conditions?.find((condition) => condition.type === type)?.status;
  if (is('Reconciling') === 'True') return 'InProgress';
  if (is('Stalled') === 'True') return 'Failed';
  const ready = is('Ready');
  return ready === undefined || ready === 'True' ? 'Current' : 'InProgress';
}
