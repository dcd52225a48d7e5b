// The prepared folders of a back end: each is disposed of once, by its user or when the back end shuts down.
import { PlatformError } from '#platform/errors.ts';
import type { Prepared } from './port.ts';

/** Prepared folders that nobody has disposed of yet. */
export class OpenFolders {
  readonly #open = new Set<Prepared>();
  #isClosed = false;

  /** The folder that `make` prepares, kept until its disposal; rejects when the back end was shut down meanwhile or before. */
  async add(make: () => Promise<Prepared>): Promise<Prepared> {
    if (this.#isClosed) throw closed();
    const made = await make();
    const kept: Prepared = { ...made, dispose: () => (this.#open.delete(kept), made.dispose()) };
    if (this.#isClosed) {
      await made.dispose();
      throw closed();
    }
    this.#open.add(kept);
    return kept;
  }

  /** Disposes of all of them, and takes no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#open].map((prepared) => prepared.dispose()));
  }
}

function closed(): PlatformError {
  return new PlatformError('sandboxClosed', 'prepare a sandbox: it was shut down; nothing was run');
}
