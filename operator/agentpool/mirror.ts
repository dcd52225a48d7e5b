// What pools see of the mirror: the one Lease that it holds, and when it was last heard of.
import { annotations, names } from '#api/labels.ts';
import { readParts } from '#api/mirrored.ts';
import { parseTime } from '#api/time.ts';
import type { Clock } from '#platform/clock.ts';
import { holderOf, type Lease } from '#platform/kube/lease.ts';
import type { KubeObject, Store } from '#platform/kube/types.ts';
import type { MirrorView } from './decide/view.ts';

/** What the operator keeps of the Lease. */
export interface MirrorLease {
  readonly metadata: Pick<KubeObject['metadata'], 'namespace' | 'name' | 'uid' | 'resourceVersion'>;
  readonly isHeld: boolean;
  readonly renewTime: string;
  /** Text of the annotation, as it is. */
  readonly parts: string | undefined;
}

/** The Lease without what nobody here reads. */
export function toMirrorLease(raw: KubeObject): MirrorLease {
  const lease: Lease = raw;
  const { namespace, name, uid, resourceVersion, annotations: noted } = raw.metadata;
  return { metadata: { namespace, name, uid, resourceVersion }, isHeld: holderOf(lease) !== '', renewTime: lease.spec?.renewTime ?? '', parts: noted?.[annotations.parts] };
}

/** The Lease of the mirror, as a selector. */
export const mirrorLeaseSelector = `metadata.name=${names.mirror}`;

export interface MirrorSight {
  /** Undefined: there is no mirror. */
  view(): MirrorView | undefined;
  end(): void;
}

/** Follows the Lease; `changed` is called when it says something new, which a renewal alone is not. */
export function watchMirror({ lease, clock }: { readonly lease: Store<MirrorLease>; readonly clock: Pick<Clock, 'now'> }, changed: () => void): MirrorSight {
  // An old Lease is not fresh because this process is; from then on only the own clock counts.
  let heardAt = Math.min(clock.now(), parseTime(lease.list()[0]?.renewTime) ?? clock.now());
  const end = lease.subscribe((event) => {
    const { object } = event;
    const wasSilent = clock.now() - heardAt >= longMs;
    heardAt = event.kind === 'added' ? Math.min(clock.now(), parseTime(object.renewTime) ?? clock.now()) : clock.now();
    if (event.kind !== 'updated' || wasSilent || event.old.parts !== object.parts || event.old.isHeld !== object.isHeld) changed();
  });
  return {
    view: () => lease.list().map(({ isHeld, renewTime, parts }): MirrorView => ({ heardAt, isHeld, renewTime, parts: readParts(parts) }))[0],
    end,
  };
}

/** After this silence a renewal is news. */
const longMs = 30_000;
