// Pods of a namespace, as far as stories look at them.
import type { Hands } from '#testing/world.ts';

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly labels?: Readonly<Record<string, string>>; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly restartCount: number; readonly lastState?: { readonly terminated?: { readonly reason?: string } } }[];
  };
}

/** All pods, or those that a selector chooses. */
export async function podsIn({ kubectl }: Pick<Hands, 'kubectl'>, namespace: string, selector = ''): Promise<readonly Pod[]> {
  const { items } = JSON.parse(await kubectl('get', 'pods', '-n', namespace, '-l', selector, '-o', 'json')) as { items: Pod[] };
  return items;
}

/** True for a pod whose probes are content. */
export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

/** How often containers of a pod were started again. */
export function restartsOf({ status }: Pod): number {
  return (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

/** Pods whose containers were started again, each with the reason; empty when none was. */
export function startedAgain(pods: readonly Pod[]): string {
  return pods.filter((pod) => restartsOf(pod) > 0).map((pod) => `${pod.metadata.name} ${restartsOf(pod)} times (${pod.status?.containerStatuses?.[0]?.lastState?.terminated?.reason ?? 'unknown'})`).join(', ');
}
