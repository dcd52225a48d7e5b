// Drops what was told before: two mirrors, a restart or a lost acknowledgement tell the same events again.
import type { CloudEvent } from '#api/events/envelope.ts';
import { createRecent } from './recent.ts';

/** Tells new events from repeated ones. */
export interface Sieve {
  /** True for an event that is to be passed on. */
  isNew(event: CloudEvent): boolean;
}

/** What is known of an object after the events so far. */
interface Link {
  readonly version: string;
  /** True when its status follows from what was passed on. */
  readonly isKnown: boolean;
}

const enough = 100_000;

/**
 * A sieve that remembers the last `most` ids. A restarted mirror tells every object whole, under the id of its version. When the chain of changes to
 * that version is broken, this is what mends it, so it is passed on though its id was seen.
 */
export function createSieve(most = enough): Sieve {
  const ids = createRecent<true>(most);
  const links = createRecent<Link>(most);
  return {
    isNew(event) {
      const isSeen = ids.get(event.id) === true;
      if (!isSeen) ids.set(event.id, true);
      const { data } = event;
      if (!('facts' in data)) return !isSeen;
      const before = links.get(data.uid);
      if (isSeen && !isMending(before, data)) return false;
      links.set(data.uid, { version: data.resourceVersion, isKnown: data.base === undefined || isLinked(before, data) });
      return true;
    },
  };
}

type Change = Extract<CloudEvent['data'], { facts: unknown }>;

function isMending(before: Link | undefined, { base, resourceVersion }: Change): boolean {
  return base === undefined && before?.isKnown === false && before.version === resourceVersion;
}

function isLinked(before: Link | undefined, { base, resourceVersion }: Change): boolean {
  return before?.isKnown === true && (before.version === base || before.version === resourceVersion);
}
