// The fold of one entity. Any order and repetition of the same changes ends in the same entity, as long as all of them come.
import { patched } from '#domain/replay/merge-patch.ts';
import { type Body, type Change, inOrder } from './change.ts';

/** What is known of one thing. Without a body it is gone, and stays gone: uids are not used again. */
export interface Entity {
  readonly order: string;
  /** Version of the object; empty for what agents tell. */
  readonly version: string;
  readonly body?: Body;
}

/** `hole`: the change builds on a version that is not known yet. */
export type Settled = { readonly kind: 'same' } | { readonly kind: 'next'; readonly entity: Entity } | { readonly kind: 'hole' };

/** What a change makes of an entity. */
export function settle(entity: Entity | undefined, change: Change): Settled {
  if (entity !== undefined && (entity.body === undefined || entity.order >= change.order)) return { kind: 'same' };
  const { order, version } = change;
  if (change.kind === 'gone') return { kind: 'next', entity: { order, version } };
  if (change.kind === 'whole') return { kind: 'next', entity: { order, version, body: change.body } };
  if (entity?.body === undefined || entity.version !== change.base || !('detail' in entity.body)) return { kind: 'hole' };
  return { kind: 'next', entity: { order, version, body: { ...change.body, detail: inOrder(patched(entity.body.detail, change.body.detail)) } } };
}

/** Most changes of one thing that wait for another one; of more the thing is read from the truth again. */
export const mostWaiting = 16;

/** Takes a change, and those that waited for it. `waiting` is what waits afterwards. */
export function settleAll(before: Entity | undefined, waiting: readonly Change[], change: Change): { readonly entity: Entity | undefined; readonly waiting: readonly Change[] } {
  let entity = before;
  let rest: readonly Change[] = [...waiting, change];
  for (let isMoving = true; isMoving; ) {
    isMoving = false;
    const holes: Change[] = [];
    for (const one of rest) {
      const settled = settle(entity, one);
      if (settled.kind === 'hole') holes.push(one);
      if (settled.kind !== 'next') continue;
      entity = settled.entity;
      isMoving = true;
    }
    rest = holes;
  }
  return { entity, waiting: rest };
}
