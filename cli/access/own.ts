// How the objects of one mission are told from those of others.
import { labels } from '#api/labels.ts';
import type { Mission } from '#api/v1alpha1/mission.ts';

/** Label selector of a mission's tasks and plans. */
export function ownObjects({ metadata }: Pick<Mission, 'metadata'>): string {
  return `${labels.mission}=${metadata.uid}`;
}
