// Takes over what an agent that was lost left of the same task. It is trusted as little as any blob; where anything is wrong with it, the work begins anew.
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBlobAddress } from '#api/blobs.ts';
import { messageOf } from '#platform/errors.ts';
import { newUuid } from '#platform/ids.ts';
import type { BlobRef } from '#agent-runtime/order.ts';
import { checkpointLimits, type CheckpointParts, Sheet } from './parts.ts';

/** What one order says of an agent before. */
export class TakeOver {
  readonly #parts: CheckpointParts;
  #tree: string | undefined;

  constructor(parts: CheckpointParts) {
    this.#parts = parts;
  }

  /** What the role before had to say; undefined when there is none, or none for these files. Never rejects. */
  async earlier(): Promise<unknown> {
    const { order: { left }, workspace } = this.#parts;
    if (left === undefined) return undefined;
    return this.#orBeginAnew(async () => {
      const { treeBefore, tree, work } = await this.#fetched(left.talk, checkpointLimits.talkBytes, async (file) => Sheet.parse(JSON.parse(await readFile(file, 'utf8'))));
      if (treeBefore !== workspace.treeBefore) throw new Error('it belongs to other files');
      this.#tree = tree;
      return work;
    });
  }

  /** Puts the files as they were then into a copy. False: they are as at the start. Rejects only when even those cannot be had. */
  async restoreFiles(): Promise<boolean> {
    const { workspace, commands } = this.#parts;
    const tree = this.#tree;
    if (tree === undefined || tree === workspace.treeBefore) return tree !== undefined;
    if ((await this.#orBeginAnew(() => this.#takeFiles(tree))) === undefined) return false;
    if ((await this.#orBeginAnew(() => this.#checkOut(tree))) !== undefined) return true;
    // A copy with some of the files is neither the one nor the other.
    await commands.startOver();
    return false;
  }

  async #takeFiles(tree: string): Promise<true> {
    const { order, workspace } = this.#parts;
    const { files } = order.left ?? {};
    if (files === undefined) throw new Error('it came without its files');
    const taken = await this.#fetched(files.blob, checkpointLimits.bundleBytes, (file) => workspace.takeOutput(file));
    if (taken.commit !== files.commit || taken.tree !== tree) throw new Error('its files are others than it says');
    return true;
  }

  async #checkOut(tree: string): Promise<true> {
    const { workspace, commands } = this.#parts;
    const refusal = await commands.startOver();
    if (refusal !== undefined) throw new Error(refusal);
    const copy = await commands.resultFolder();
    if (copy.kind === 'refused') throw new Error(copy.message);
    await workspace.tools.checkOutInto(copy.folder, tree);
    if ((await workspace.treeOf(copy.folder)) !== tree) throw new Error('its files did not come out as they were');
    return true;
  }

  /** Hands the blob as a file to `read`, when it is the one that was meant. */
  async #fetched<T>({ uri, sha256, sizeBytes }: BlobRef, maxBytes: number, read: (file: string) => Promise<T>): Promise<T> {
    const { blobs, live, workspace } = this.#parts;
    const address = parseBlobAddress(uri);
    if (address?.sha256 !== sha256) throw new Error('its address is not that of a blob');
    if (sizeBytes > maxBytes) throw new Error(`it has ${sizeBytes} bytes, the limit is ${maxBytes}`);
    const file = join(workspace.scratch, newUuid());
    try {
      if ((await blobs.get(live.grant(), address, file, live.signal)) === 'missing') throw new Error('the blob service does not have it any more');
      const bytes = await readFile(file);
      if (bytes.length !== sizeBytes || createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error('the blob service gave other bytes');
      return await read(file);
    } finally {
      await rm(file, { force: true });
    }
  }

  async #orBeginAnew<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#parts.live.log.write(`the work begins anew, for what the agent before left cannot be used: ${messageOf(error)}\n`);
      return undefined;
    }
  }
}
