// What the Kubernetes Events of a mission say: a new reason of Accepted or Succeeded, once.
import type { Condition } from '#api/v1alpha1/schema.ts';
import { findCondition } from '#domain/conditions.ts';

export interface Announcement {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly note: string;
}

type Conditions = readonly Condition[] | undefined;

/** The news between two states of a mission's conditions. */
export function announcements(before: Conditions, after: Conditions): Announcement[] {
  const refusal = newReason('Accepted', before, after);
  const progress = newReason('Succeeded', before, after);
  return [
    ...(refusal?.status === 'False' ? [announce(refusal, 'Warning')] : []),
    // What is not accepted has said so already.
    ...(progress === undefined || progress.reason === 'NotAccepted' ? [] : [announce(progress, progress.status === 'False' ? 'Warning' : 'Normal')]),
  ];
}

function newReason(type: string, before: Conditions, after: Conditions): Condition | undefined {
  const now = findCondition(after, type);
  return now?.reason === findCondition(before, type)?.reason ? undefined : now;
}

function announce({ reason, message }: Condition, type: Announcement['type']): Announcement {
  return { type, reason, note: message };
}
