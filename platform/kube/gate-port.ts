// Read your own writes: a key is not looked at again before the caches show what was written for it.
import type { ObjectKey } from './types.ts';

export interface WriteGate {
  /** Notes that `owner` (a reconcile key) wrote an object of `plural`: its cache must reach `resourceVersion`, or see this uid deleted, first. */
  expect(owner: string, plural: string, key: ObjectKey, written: { readonly uid: string; readonly resourceVersion: string }): void;
  /** Notes a delete of this incarnation by `owner`. */
  expectGone(owner: string, plural: string, key: ObjectKey, uid: string): void;
  /** Undefined when the caches show all that `owner` wrote; else a promise that resolves when they do. */
  closed(owner: string): Promise<void> | undefined;
  /** Forgets an owner that is gone. */
  forget(owner: string): void;
}
