// Keeps where a thinking agent stands between two turns, with its files. What cannot be kept is not: the work goes on all the same.
import { stat } from 'node:fs/promises';
import { messageOf } from '#platform/errors.ts';
import type { Checkpoint } from '#agent-runtime/execution/live.ts';
import { maskedArtifact } from '#agent-runtime/execution/masking.ts';
import { type Pending, storeAll } from '#agent-runtime/execution/store.ts';
import { checkpointLimits, type CheckpointParts, type Sheet } from './parts.ts';

/** The first is kept after `leastMs`, and each later one after a wait that is longer by half: about a third of the work may be lost, and few are enough for hours. */
const waits = { leastMs: 5000, growth: 1.5 } as const;
/** Longest time that a turn waits for the blob service, in milliseconds. */
const storeMs = 5000;

/** The files as they were stored last. */
interface Files {
  readonly tree: string;
  readonly stored: Pick<Checkpoint, 'bundle' | 'commit'>;
}

/** Keeps the checkpoints of one attempt. */
export class CheckpointKeeper {
  readonly #parts: CheckpointParts;
  #count = 0;
  #waitMs: number = waits.leastMs;
  #lastAt: number;
  #files: Files;

  constructor(parts: CheckpointParts) {
    this.#parts = parts;
    this.#lastAt = parts.clock.monotonic();
    this.#files = { tree: parts.workspace.treeBefore, stored: { commit: '' } };
  }

  /** Keeps the files as they are with what `work` says, when it is time to. Never rejects. */
  async keep(turns: number, work: () => object): Promise<void> {
    const { live } = this.#parts;
    if (live.kept === undefined || live.signal.aborted || !this.#isTime()) return;
    this.#count += 1;
    this.#waitMs *= waits.growth;
    try {
      live.kept({ ...(await this.#store(work)), turns });
    } catch (error) {
      if (!live.signal.aborted) live.log.write(`no checkpoint was kept after turn ${turns}: ${messageOf(error)}\n`);
    }
    this.#lastAt = this.#parts.clock.monotonic();
  }

  #isTime(): boolean {
    const { clock, live } = this.#parts;
    // Who leaves may be stopped in the middle of the next turn.
    const waitMs = live.isLeaving?.() === true ? waits.leastMs : this.#waitMs;
    return this.#count < checkpointLimits.count && clock.monotonic() - this.#lastAt >= waitMs;
  }

  async #store(work: () => object): Promise<Omit<Checkpoint, 'turns'>> {
    const files = await this.#filesNow();
    const sheet: Sheet = { treeBefore: this.#parts.workspace.treeBefore, tree: files.tree, work: work() };
    // Who goes on reads a mask where a secret stood; the files themselves still have it.
    const { bytes } = maskedArtifact({ name: 'checkpoint.json', mediaType: 'application/json', bytes: Buffer.from(JSON.stringify(sheet)) });
    if (bytes.length > checkpointLimits.talkBytes) throw new Error(`it would have ${bytes.length} bytes, the limit is ${checkpointLimits.talkBytes}`);
    return { talk: await this.#put({ name: 'checkpoint.json', mediaType: 'application/json', content: { kind: 'bytes', bytes } }), ...files.stored };
  }

  /** The files before the words that belong to them: whoever finds the words finds the files. */
  async #filesNow(): Promise<Files> {
    const { workspace, commands } = this.#parts;
    const left = await commands.resultFolder();
    if (left.kind === 'refused') throw new Error(left.message);
    const tree = await workspace.treeOf(left.folder);
    if (tree === workspace.treeBefore) return { tree, stored: { commit: '' } };
    if (tree !== this.#files.tree) this.#files = { tree, stored: await this.#storeFiles(tree) };
    return this.#files;
  }

  async #storeFiles(tree: string): Promise<Files['stored']> {
    const { commit, file } = await this.#parts.workspace.output(tree);
    const { size } = await stat(file);
    if (size > checkpointLimits.bundleBytes) throw new Error(`its files would have ${size} bytes, the limit is ${checkpointLimits.bundleBytes}`);
    return { commit, bundle: await this.#put({ name: 'checkpoint.bundle', mediaType: 'application/x-git-bundle', content: { kind: 'file', path: file } }) };
  }

  async #put(pending: Pending): Promise<Checkpoint['talk']> {
    const { order: { namespaceUid, ownerUid }, live, clock } = this.#parts;
    const limit = new AbortController();
    const cancel = clock.after(storeMs, () => limit.abort());
    try {
      const stored = await storeAll([pending], { namespaceUid, ownerUid, grant: live.grant }, this.#parts, AbortSignal.any([limit.signal, live.signal]));
      const [artifact] = stored.kind === 'stored' ? stored.artifacts : [];
      if (artifact === undefined) throw new Error(stored.kind === 'stored' ? 'nothing was stored' : stored.message);
      return artifact;
    } finally {
      cancel();
    }
  }
}
